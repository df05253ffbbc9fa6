"""One element of an array: its runs one after the other, also when begun again."""

from fieldnotes.runs.status import known_status

CHUNK = "notebook: toy/train\nvary: [{cases: [{rate: 1.0}, {rate: 2.0, fail: [0]}]}]"
CHAIN = """
    stages:
      train: {notebook: toy/train, fix: {fail: [0]}}
      assess: {notebook: toy/assess, needs: train, fix: {models: {from: train}}}
"""


def test_an_element_begun_again_repeats_neither_what_is_done_nor_what_failed(by_hand):
    by_hand.toy.spread("chunk", CHUNK)
    by_hand.send("chunk", chunk=2)
    assert by_hand.start(1).returncode == 1
    assert by_hand.states("chunk") == ["done", "failed"]
    assert by_hand.start(1).returncode == 1
    assert len(by_hand.toy.trained) == 2


def test_what_needs_a_failed_run_is_blocked_on_its_node_and_says_by_what(by_hand):
    by_hand.toy.spread("chain", CHAIN)
    by_hand.send("chain")
    assert by_hand.start(1, "1-*").returncode == 1
    said = by_hand.start(1, "2-*")
    assert said.returncode == 1
    assert "ValueError: the loss is no number" in said.stdout
    assert by_hand.states("chain") == ["failed", "blocked"]


def test_a_run_whose_code_changed_since_it_was_sent_is_not_run(by_hand):
    by_hand.toy.spread("chunk", CHUNK)
    folder = by_hand.toy.plan("chunk").runs[0].folder
    by_hand.send("chunk", chunk=2)
    losses = by_hand.toy.root / "src" / "toyscience" / "losses.py"
    losses.write_text(losses.read_text().replace("rate**2", "rate * rate"))
    assert by_hand.start(1).returncode == 1
    assert "changed since planned: toyscience.losses" in known_status(folder).reason
    assert by_hand.toy.trained == []


def test_an_element_without_orders_says_so(by_hand):
    by_hand.toy.spread("chunk", CHUNK)
    by_hand.send("chunk", chunk=2)
    said = by_hand.start(2)
    assert said.returncode == 2
    assert "the orders of element 2 cannot be read" in said.stderr
