"""What the notes of December report: errors and other measures, by setting.

Every number is of one training from one seed. A setting is named by the words that tell
it from `SETTING`: "100, signed, tanh" has a hundred orbits and another activation. The
tables are code, so that a changed number is a changed key. The conference table is not
here: it divides by the length of the whole derivative, velocity included.
"""

from typing import Any, NamedTuple

from studies.evidence import Source

NOTES = Source("orbit-notes", "notes of December")
OCTOBER = Source("orbit-october", "notes of October")
TALK = Source("orbit-january", "remarks of January")
NOTES_BEST = 4.65  # [%] on 100 unseen orbits from ten, the best of the notes
WHOLE = [[0.0, 1.0]]
TENTHS = [[0.0, k / 10] for k in range(1, 11)]  # the exhaustive length strategy
SETTING: dict[str, Any] = {
    "family": "complex",
    "space": False,
    "orbits": 10,
    "features": "rinv_vel",
    "output_layer": "signed",
    "activation": "leaky_relu",
    "width": 64,
    "depth": 2,
    "loss": "percent_error",
    "segment_lengths": [18],
    "windows": WHOLE,
    "steps": [1000],
    "learning_rates": [1e-3],
    "schedule": "constant",
    "batch": 256,
}
TENTH = {"steps": [500, 2000], "learning_rates": [1e-3, 1e-4]}
HIFI = {"activation": "tanh", "windows": TENTHS, "steps": [500]}
TWO_PHASES = {"windows": [[0.0, 0.1], [0.0, 1.0]], "steps": [500, 5000]}
WORDS: dict[str, dict[str, Any]] = {  # any other word is an output layer
    "2 Dec": {"batch": 64},
    "10 Dec": TENTH,
    **{str(number): {"orbits": number} for number in (1, 10, 100)},
    "10 Dec, 100": {"orbits": 100} | TENTH | {"steps": [2000, 10]},
    "HiFi signed": HIFI,
    "HiFi abs": HIFI | {"output_layer": "abs"},
    "tanh": {"activation": "tanh"},
    "+nmse": {"loss": "percent_error_plus_nmse"},
    "2000": {"steps": [2000]},
    "L=4": {"segment_lengths": [4]},
    "two phases": TWO_PHASES,
    "harmonics": {"features": "rinv_vel_harmonics"},
    "16×2": {"width": 16, "depth": 2},
    "32×3": {"width": 32, "depth": 3},
}

# What tells the setting of 20 seeds from "10, unit_softplus, L=4".
SEEDS = {"depth": 3, "batch": 64, "steps": [1000, 500], "learning_rates": [1e-3, 1e-4]}

# Mean acceleration error on 1, 10 and 100 unseen orbits [%].
ERRORS = """
2 Dec, 100, HiFi signed: 3.87 / 3.57 / 3.45
2 Dec, 100, HiFi abs: 2.86 / 3.08 / 2.86
2 Dec, 100, signed: 3.62 / 3.30 / 3.28
2 Dec, 100, signed, +nmse: 2.56 / 3.26 / 3.60
2 Dec, 100, abs: 2.62 / 3.28 / 2.73
2 Dec, 100, abs, +nmse: 2.76 / 2.72 / 2.34
100, signed, tanh: 11.7 / 15.6 / 11.8
100, signed: 2.34 / 2.11 / 1.98
100, abs, tanh: 19 / 20.1 / 16.3
100, abs: 2.18 / 2.72 / 2.18
1, signed: 517 / 433 / 360
1, abs: 459 / 367 / 299
10, signed: 4.61 / 5.93 / 5.38
10, abs: 14.7 / 10.6 / 8.16
10, signed, two phases: 7.01 / 9.41 / 7.68
10, abs, two phases: 18.1 / 12.4 / 9.72
10, signed, L=4: 4.54 / 6.26 / 5.76
10, abs, L=4: 13.2 / 10 / 7.66
10, softplus, L=4: 11.8 / 11 / 9.63
10, softplus: 10.4 / 10.5 / 9.41
10, signed, +nmse: 4.26 / 6.3 / 5.08
10, softplus, +nmse: 7.2 / 9.99 / 8.82
10, logmag_unit_tanh_exp, +nmse: 4.25 / 10.9 / 8.46
10, logmag_unit_tanh_exp, +nmse, 2000: 4.35 / 10.4 / 7.94
10, logmag_unit_tanh_softplus, +nmse, 2000: 4.36 / 10.4 / 7.23
10, logmag_unit_exp, +nmse, 2000: 4.05 / 5.76 / 4.65
10, signed, +nmse, 2000: 4.15 / 10.7 / 7.97
10, softplus, +nmse, 2000: 6.9 / 9.07 / 7.48
10, unit_softplus, +nmse, 2000: 3.49 / 8.95 / 6.49
10 Dec, 10, signed: 4.75 / 7.06 / 6.12
10 Dec, 10, unit_softplus: 5.85 / 14.8 / 11.7
10 Dec, 10, logmag_unit_exp: 6.64 / 12.7 / 10.9
10 Dec, 10, logmag_unit_softplus: 6.02 / 14.7 / 11.7
10 Dec, 10, softplus: 9.64 / 14.3 / 12.7
10 Dec, 10, logmag_exp: 10.2 / 13.9 / 12.5
10 Dec, 10, logmag_unit_exp, harmonics: 6.09 / 14 / 9.88
10 Dec, 100, signed: 1.6 / 1.81 / 1.55
10 Dec, 100, unit_softplus: 1.3 / 3.03 / 2.22
10 Dec, 100, logmag_unit_exp: 2.19 / 3.49 / 2.38
10 Dec, 100, logmag_unit_softplus: 1.45 / 2.71 / 2.05
"""

# Error on the training orbits [%]; then on 100 unseen orbits the angle [deg], the
# radial sign error [%], and skewness, sk1, sk2 and Bowley of the error [1]. –: untold.
MEASURES = (
    *("training_error", "angle_100", "radial_sign_100"),
    *("skewness_100", "sk1_100", "sk2_100", "bowley_100"),
)
MEASURED = """
10 Dec, 10, signed: 1.058  1.75  0  2.64  .726  .892  .238
10 Dec, 10, unit_softplus: 1.359  .68  0  4.08  .568  .972  .35
10 Dec, 10, logmag_unit_exp: 1.107  .824  0  2.96  .761  .943  .28
10 Dec, 10, logmag_unit_softplus: 1.331  .713  0  4.05  .574  .976  .35
10 Dec, 10, softplus: –  5.15  .775  5.25  .514  .817  .299
10 Dec, 10, logmag_exp: –  4.86  .614  4.69  .572  .836  .27
10 Dec, 10, logmag_unit_exp, harmonics: –  .931  0  4.06  .54  1.04  .448
10 Dec, 100, signed: 1.361  .436  0  3.79  .507  .752  .209
10 Dec, 100, unit_softplus: 1.611  .336  0  3.72  .655  .871  .265
10 Dec, 100, logmag_unit_exp: 1.840  .339  0  4.11  .576  .891  .295
10 Dec, 100, logmag_unit_softplus: 1.584  .338  0  3.98  .471  .837  .263
"""


def where(name: str) -> dict[str, Any]:
    """The parameters that make the training of a named setting here."""
    change: dict[str, Any] = {}
    for word in name.replace("10 Dec, 100", "10 Dec; 100").split(", "):
        word = word.replace(";", ",")
        change |= WORDS.get(word, {"output_layer": word})
    return SETTING | change


class Published(NamedTuple):
    """One row of the tables of the notes."""

    name: str
    errors: tuple[float, float, float]  # on 1, 10 and 100 orbits [%]
    measures: dict[str, float]  # column of a survey → what the notes say of it

    @property
    def where(self) -> dict[str, Any]:
        """The parameters that make this training here."""
        return where(self.name)


def lines(text: str) -> list[tuple[str, str]]:
    """Name and the rest of each line of a table."""
    parts = (line.partition(": ") for line in text.strip().splitlines())
    return [(name, rest) for name, _, rest in parts]


def measures(rest: str) -> dict[str, float]:
    """The measures of a line, without those that are not told."""
    told = zip(MEASURES, rest.split(), strict=True)
    return {name: float(value) for name, value in told if value != "–"}


def table() -> tuple[Published, ...]:
    """Every published row."""
    further = {name: measures(rest) for name, rest in lines(MEASURED)}
    rows = []
    for name, rest in lines(ERRORS):
        one, ten, hundred = map(float, rest.split(" / "))
        rows.append(Published(name, (one, ten, hundred), further.pop(name, {})))
    assert not further, f"measures of no row: {list(further)}"
    return tuple(rows)


TABLE = table()


# Rankings ----------------------------------------------------------------------------


class Ranking(NamedTuple):
    """A claim of the notes that one setting errs less than another, or no more."""

    name: str
    words: str
    reported: str
    first: str  # the setting that errs less
    other: str
    column: str = "mean_100"  # of a survey: what is compared
    no_better: bool = False  # the claim is that the other is no better than the first

    @property
    def settings(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters that make both trainings here."""
        return where(self.first), where(self.other)


RANKINGS = (
    Ranking(
        "leaky_relu_beats_tanh_with_signed",
        "From 100 orbits, leaky_relu errs less than tanh with the layer signed.",
        "1.98 against 11.8 %",
        "100, signed",
        "100, signed, tanh",
    ),
    Ranking(
        "leaky_relu_beats_tanh_with_abs",
        "From 100 orbits, leaky_relu errs less than tanh with the layer abs.",
        "2.18 against 16.3 %",
        "100, abs",
        "100, abs, tanh",
    ),
    Ranking(
        "signed_beats_abs",
        "From ten orbits, the layer signed errs less than abs.",
        "5.38 against 8.16 %",
        "10, signed",
        "10, abs",
    ),
    Ranking(
        "signed_beats_softplus",
        "From ten orbits, the layer signed errs less than softplus.",
        "5.38 against 9.41 %",
        "10, signed",
        "10, softplus",
    ),
    Ranking(
        "hundred_orbits_beat_ten",
        "A hundred training orbits are better than ten.",
        "1.98 against 5.38 %",
        "100, signed",
        "10, signed",
    ),
    Ranking(
        "ten_orbits_beat_one",
        "Ten training orbits are better than one.",
        "5.38 against 360 %",
        "10, signed",
        "1, signed",
    ),
    Ranking(
        "segments_of_4_beat_18",
        "Segments of four samples teach more than segments of eighteen.",
        "shorter is better (October); 5.76 against 5.38 % (December)",
        "10, signed, L=4",
        "10, signed",
    ),
    Ranking(
        "nmse_helps",
        "Adding the normalised squared error to the loss lowers the error.",
        "5.08 against 5.38 %",
        "10, signed, +nmse",
        "10, signed",
    ),
    Ranking(
        "two_phases_are_no_better",
        "A first phase on a tenth of each segment is no better than one phase.",
        "5.38 against 7.68 %",
        "10, signed",
        "10, signed, two phases",
        no_better=True,
    ),
    Ranking(
        "ten_windows_are_no_better",
        "Ten growing windows (HiFi) are no better than one phase (LoFi).",
        "3.28 against 3.45 %",
        "2 Dec, 100, signed",
        "2 Dec, 100, HiFi signed",
        no_better=True,
    ),
    Ranking(
        "logmag_unit_exp_beats_signed",
        "After 2,000 steps the layer logmag_unit_exp errs less than signed.",
        "4.65 against 7.97 %",
        "10, logmag_unit_exp, +nmse, 2000",
        "10, signed, +nmse, 2000",
    ),
    Ranking(
        "final_tanh_is_useless",
        "A final tanh makes the layer logmag_unit_exp no better.",
        "4.65 against 7.94 %",
        "10, logmag_unit_exp, +nmse, 2000",
        "10, logmag_unit_tanh_exp, +nmse, 2000",
        no_better=True,
    ),
    Ranking(
        "unit_layers_point_better",
        "The layer unit_softplus points nearer to the true pull than signed.",
        "0.68 against 1.75°",
        "10 Dec, 10, unit_softplus",
        "10 Dec, 10, signed",
        "angle_100",
    ),
    Ranking(
        "deeper_is_worse_with_tanh",
        "With tanh, three layers of 32 units are worse than two of 16.",
        "stated without numbers",
        "10, signed, 16×2, tanh",
        "10, signed, 32×3, tanh",
    ),
    Ranking(
        "wide_nets_pull_inwards",
        "Two layers of 64 units pull inwards more often than two of 16.",
        "stated without numbers",
        "10, signed",
        "10, signed, 16×2",
        "radial_sign_100",
    ),
)

# Name, words, what is reported, and why it cannot be compared.
NOT_COMPARABLE = (
    (
        "unit_softplus_of_11_december",
        "The layer unit_softplus, in a training of 11 December.",
        "6.47 %",
        "the notes do not say how it was trained",
    ),
    (
        "conference_table",
        "The table of the conference.",
        "2.07 to 20.1 %",
        "its older metric divides by √(v²+a²) and is about a sixth of this one",
    ),
    (
        "steps_a_second",
        "A training makes 14.5 steps a second.",
        "14.49 1/s",
        "the machine and the solver are others; see the page on benchmarks",
    ),
)
