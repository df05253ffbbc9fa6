"""Names of settings: whole where few things vary, else what is not usual."""

from studies.latent import groups

MANY = ["seed", "tu", "latent", "activation", "noise"]


def row(**values):
    usual = {"tu": 20, "latent": 96, "activation": "tanh", "noise": None}
    return usual | {"seed": 0} | values


def test_few_things_that_vary_are_said_whole():
    rows = [row(), row(latent=12), row(latent=12, seed=1)]
    common = groups.usual(rows, ["latent", "tu"])
    assert common == {} and groups.said(common) == ""
    assert groups.named(rows[1], ["latent", "tu"], common) == "latent 12, tu 20"
    assert groups.named(rows[1], ["seed"], {}) == "the setting"


def test_three_things_are_said_whole_of_a_few_settings():
    three = ["tu", "latent", "activation"]
    rows = [row(), row(tu=5), row(latent=12), row(activation="relu")]
    assert groups.usual(rows, three) == {}
    common = groups.usual([*rows, row(tu=5, latent=12)], three)
    assert common == {"tu": "tu 20", "latent": "latent 96", "activation": "tanh"}


def test_many_things_that_vary_leave_what_is_not_usual():
    rows = [
        row(), row(seed=1), row(latent=12), row(activation="relu"), row(noise=0.0),
        row(latent=24, activation="relu"), row(tu=5, latent=12),
    ]  # fmt: skip
    common = groups.usual(rows, MANY)
    assert common == {"tu": "tu 20", "activation": "tanh", "noise": "preset's noise"}
    names = [groups.named(own, MANY, common) for own in rows]
    assert names[:3] == ["latent 96", "latent 96", "latent 12"]
    assert names[3:5] == ["latent 96, relu", "latent 96, noise 0"]
    assert len(set(names)) == 6  # a setting each; a seed is none
    words = groups.said(common)
    assert words == "Where a name does not say otherwise: tu 20, tanh, preset's noise."


def test_what_has_nothing_unusual_is_the_usual():
    rows = [row(), row(tu=5), row(latent=12), row(activation="relu"), row(noise=0.0)]
    common = groups.usual(rows, MANY)
    names = [groups.named(own, MANY, common) for own in rows]
    assert names == [groups.USUAL, "tu 5", "latent 12", "relu", "noise 0"]
