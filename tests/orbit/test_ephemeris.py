"""A user's own file: what is read, and how what cannot be read is refused."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.orbit import ephemeris, real, tasks
from studies.orbit.ephemeris import EphemerisError, locate, read_ephemeris
from studies.orbit.kepler import EARTH_RADIUS, SPEED_UNIT, TIME_UNIT


def samples(count: int = 20, unit: str = "km") -> pd.DataFrame:
    """A Molniya orbit as a user would have it: one row a sample."""
    orbits = real.real_objects(space=True, points=count).take(np.array([5]))
    length, time, speed = EARTH_RADIUS, TIME_UNIT, SPEED_UNIT
    scale = [length] * 3 + [speed] * 3 if unit == "km" else [1.0] * 6
    state = orbits.states[0] * np.array(scale)
    frame = pd.DataFrame(state, columns=["x", "y", "z", "vx", "vy", "vz"])
    frame.insert(0, "t", orbits.time[0] * (time if unit == "km" else 1.0))
    return frame


def elements() -> pd.DataFrame:
    table = real.published()
    names = {
        "object": "orbit",
        "eccentricity [1]": "e",
        "inclination [deg]": "i",
        "ascending_node [deg]": "raan [deg]",
        "periapsis_argument [deg]": "argp",
        "mean_anomaly [deg]": "M",
    }
    frame = pd.DataFrame(table.rename(columns=names)[list(names.values())])
    frame["a [km]"] = real.real_objects().elements[:, 0] * EARTH_RADIUS
    return frame


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("unit", ["km", "normalised"])
def test_samples_come_back_in_normalised_units(tmp_path, suffix, unit):
    frame = samples(unit=unit)
    path = tmp_path / f"own.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    orbits = read_ephemeris(path, unit)
    true = real.real_objects(space=True, points=20).take(np.array([5]))
    assert orbits.states == pytest.approx(true.states, abs=1e-12)
    assert orbits.time == pytest.approx(true.time, abs=1e-10)
    assert orbits.elements == pytest.approx(true.elements, abs=1e-10)
    assert orbits.names == ("own",)


def test_a_column_called_time_is_read_as_t(tmp_path):
    frame, path = samples(), tmp_path / "own.csv"
    frame.rename(columns={"t": "time", "x": "X", "vx": "v_x"}).to_csv(path, index=False)
    own = read_ephemeris(path, "km")
    frame.to_csv(tmp_path / "plain.csv", index=False)
    plain = read_ephemeris(tmp_path / "plain.csv", "km")
    assert own.time == pytest.approx(plain.time)
    assert own.states == pytest.approx(plain.states)


def test_dates_are_read_as_seconds_since_the_first(tmp_path):
    frame, path = samples(), tmp_path / "own.csv"
    start = pd.Timestamp("2026-03-01T12:00:00Z")
    dates = [start + pd.Timedelta(seconds=float(t - frame["t"][0])) for t in frame["t"]]
    frame["t"] = [date.isoformat() for date in dates]
    frame.rename(columns={"t": "epoch"}).to_csv(path, index=False)
    own, true = read_ephemeris(path, "km"), samples()["t"].to_numpy()
    assert own.time[0] == pytest.approx((true - true[0]) / TIME_UNIT, abs=1e-9)
    frame.loc[3, "t"] = "tomorrow"
    frame.to_csv(path, index=False)
    with pytest.raises(EphemerisError, match="line 5: column `t`: 'tomorrow' is no"):
        read_ephemeris(path, "km")


def test_a_second_column_of_the_same_meaning_is_left_alone(tmp_path):
    frame, path = samples(), tmp_path / "own.csv"
    frame["time"] = -frame["t"]
    frame.to_csv(path, index=False)
    assert read_ephemeris(path, "km").time[0, 1] > 0


def test_units_in_the_column_names_are_heeded(tmp_path):
    frame = samples()
    frame["t"] /= 60
    frame[["x", "y", "z"]] *= 1000
    frame[["vx", "vy", "vz"]] *= 1000
    names = ["t [min]", *(f"{c} [m]" for c in "xyz")]
    frame.columns = [*names, *(f"v{c} (m/s)" for c in "xyz")]
    path = tmp_path / "own.csv"
    frame.to_csv(path, index=False)
    true = real.real_objects(space=True, points=20).take(np.array([5]))
    assert read_ephemeris(path).states == pytest.approx(true.states, abs=1e-12)


def test_velocities_are_taken_from_positions_alone_and_their_error_is_told(tmp_path):
    path = tmp_path / "own.csv"
    samples(180).drop(columns=["vx", "vy", "vz"]).to_csv(path, index=False)
    own = read_ephemeris(path)
    true = real.real_objects(space=True, points=180).take(np.array([5]))
    assert own.states[..., :3] == pytest.approx(true.states[..., :3], abs=1e-12)
    gap = np.linalg.norm((own.states - true.states)[0, :, 3:], axis=-1)
    worst = 100 * np.max(gap / np.linalg.norm(true.states[0, :, 3:], axis=-1))
    assert own.velocity_error is not None
    assert 0 < worst < own.velocity_error < 0.1
    samples(180).to_csv(path, index=False)
    assert read_ephemeris(path).velocity_error is None


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (6, "has 6 rows; it needs at least 7 of positions alone. Or add vx, vy and vz"),
        (20, "too far apart to take velocities from: .* Add columns vx, vy and vz"),
    ],
)
def test_positions_that_give_no_velocities_are_refused(tmp_path, count, message):
    path = tmp_path / "own.csv"
    samples(count).drop(columns=["vx", "vy", "vz"]).to_csv(path, index=False)
    with pytest.raises(EphemerisError, match=message):
        read_ephemeris(path)


def test_elements_are_sampled_over_a_period(tmp_path):
    path = tmp_path / "own.csv"
    elements().to_csv(path, index=False)
    orbits = read_ephemeris(path)
    true = real.real_objects(space=True)
    assert orbits.states == pytest.approx(true.states, abs=1e-10)
    assert orbits.names == true.names


def test_several_objects_in_one_file_may_differ_in_length(tmp_path):
    first, second = samples(20), samples(20).head(7)
    frame = pd.concat([first.assign(orbit="A"), second.assign(orbit="B")])
    path = tmp_path / "own.csv"
    frame.to_csv(path, index=False)
    orbits = read_ephemeris(path)
    assert orbits.names == ("A", "B")
    assert orbits.mask.sum(axis=1).tolist() == [20, 7]
    assert orbits.shortest == 7
    assert tasks.segments(orbits, 7).states.shape == (3, 7, 6)


def test_comments_and_empty_lines_are_skipped_but_counted(tmp_path):
    lines = samples(5).to_csv(index=False).splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[1], "about 7000")
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["# from a tracker", "", *lines]))
    with pytest.raises(EphemerisError, match=r"line 6: column `x`: 'about 7000'"):
        read_ephemeris(path)


def drop(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="vz")


def rename(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"vz": "vzz"})


def put(row: int, column: str, value: object):
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype(object)
        frame.loc[row, column] = value
        return frame

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop, r"no column `vz`. The nearest is `(vx|vy|z)`. It has: t, x, y"),
        (rename, r"no column `vz`. The nearest is `vzz`"),
        (put(3, "y", "n/a"), r"line 5: column `y`: 'n/a' is not a number"),
        (put(0, "vx", ""), r"line 2: column `vx`: the cell is empty"),
        (put(2, "x", "nan"), r"line 4: column `x`: nan is not a finite number"),
        (put(2, "x", "inf"), r"line 4: column `x`: inf is not a finite number"),
        (put(4, "t", 0.0), r"line 6: column `t`: times must increase"),
        (lambda f: f.assign(t=7.0), r"line 3: column `t`: times must increase"),
        (
            lambda f: f.assign(t=7.0).rename(columns={"orbit": "craft"}),
            r"line 3: column `t`: times must increase.*call that column `orbit`",
        ),
        (lambda f: f.head(2), r"has 2 rows; it needs at least 3"),
        (lambda f: f.head(0), r"the table has no rows"),
        (lambda f: f.assign(x=0.0, y=9.0, z=0.0), r"comes to 9 km .* unit of length"),
        (lambda f: f.assign(vx=99.0), r"not closed here: .* units"),
        (lambda f: f.rename(columns={"x": "x [miles]"}), r"unit \[miles\] is unknown"),
        (lambda f: f.assign(**{"x [m]": 1.0}), r"two columns `x`"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(tmp_path, change, message):
    path = tmp_path / "own.csv"
    change(samples()).to_csv(path, index=False)
    with pytest.raises(EphemerisError, match=message) as caught:
        read_ephemeris(path)
    assert str(caught.value).startswith(str(path))


def test_a_bad_cell_of_a_parquet_file_is_named_by_its_row(tmp_path):
    path = tmp_path / "own.parquet"
    frame = samples()
    frame.loc[3, "y"] = np.nan
    frame.to_parquet(path)
    with pytest.raises(EphemerisError, match="row 4: column `y`: nan is not a finite"):
        read_ephemeris(path)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("e", 1.2, r"line 3: column `e`: 1.2 must lie in \[0, 1\)"),
        ("a [km]", 6000.0, r"line 3: column `a`: orbit 'Hubble' .* inside the Earth"),
        ("M", "x", r"line 3: column `M`: 'x' is not a number"),
    ],
)
def test_bad_elements_are_refused_with_their_place(tmp_path, column, value, message):
    path = tmp_path / "own.csv"
    put(1, column, value)(elements()).to_csv(path, index=False)
    with pytest.raises(EphemerisError, match=message):
        read_ephemeris(path)


@pytest.mark.parametrize("missing", ["raan [deg]", "M"])
def test_a_missing_element_is_named(tmp_path, missing):
    path = tmp_path / "own.csv"
    elements().drop(columns=missing).to_csv(path, index=False)
    with pytest.raises(EphemerisError, match=r"no column `(raan|nu)`"):
        read_ephemeris(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("own.txt", b"t,x\n", r"must end in .csv or .parquet"),
        ("own.parquet", b"not parquet", r"not a readable Parquet file"),
        ("own.csv", b"", r"the file is empty"),
        ("own.csv", b"t,x\n1,\xff\n", r"not a readable CSV file in UTF-8"),
        ("own.csv", b"t,x\n1,2,3\n", r"line 2: 3 cells, but there are 2 columns"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EphemerisError, match=message):
        read_ephemeris(path)


def test_a_missing_file_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EphemerisError, match="nowhere.csv: no such file"):
        read_ephemeris("nowhere.csv")


def test_a_path_from_the_projects_root_works_from_a_folder_below(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    samples().to_csv(tmp_path / "data" / "own.csv", index=False)
    below = tmp_path / "notebooks" / "orbit"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert len(read_ephemeris("data/own.csv")) == 1


cells = st.one_of(st.text(max_size=8), st.floats().map(str), st.just("7000"))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(cells, min_size=1, max_size=8), min_size=1, max_size=6))
def test_no_table_whatever_it_holds_gives_a_traceback(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "own.csv"
    header = "t,x,y,z,vx,vy,vz"
    text = "\n".join([header, *(",".join(row) for row in rows)])
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        orbits = read_ephemeris(path)
    except EphemerisError as error:
        assert str(path) in str(error)
    else:
        assert np.isfinite(orbits.states[orbits.mask]).all()


def test_the_loader_and_the_checks_leave_jax_alone():
    script = (
        "import sys, studies.orbit.checks, studies.orbit.ephemeris, "
        "studies.orbit.real; assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert ephemeris.FEWEST == 3


# Real objects ----------------------------------------------------------------------


def test_real_objects_are_where_everybody_knows_them_to_be():
    """Altitudes [km] and periods [h] as every encyclopedia has them."""
    table = real.real_objects(space=True).table().set_index("orbit")
    known = {
        "ISS": (330, 430, 1.5),
        "Hubble": (520, 560, 1.6),
        "LAGEOS-1": (5830, 5950, 3.76),
        "GPS (NAVSTAR 53)": (20000, 20400, 11.97),
        "Galileo (GSAT0101)": (23150, 23300, 14.08),
        "Molniya 2-14": (400, 40000, 11.97),
        "GEO (AMC-4)": (35700, 35850, 23.93),
    }
    assert set(known) == set(table.index)
    for name, (low, high, hours) in known.items():
        assert low < table.loc[name, "lowest altitude [km]"]
        assert table.loc[name, "highest altitude [km]"] < high
        assert table.loc[name, "period [h]"] == pytest.approx(hours, rel=0.03)


def test_no_real_object_comes_below_200_km():
    radius = np.linalg.norm(real.real_objects().states[..., :3], axis=-1)
    assert radius.min() * EARTH_RADIUS > EARTH_RADIUS + 200


def test_in_the_plane_the_real_objects_are_the_same_orbits_turned():
    turned = tasks.into_plane(real.real_objects(space=True))
    assert turned.states == pytest.approx(real.real_objects().states, abs=1e-12)
    assert real.real_objects().planar


def test_a_folder_of_the_same_name_does_not_hide_a_file_above(tmp_path, monkeypatch):
    (tmp_path / "orbits.csv").write_text("time\n")
    (tmp_path / "here" / "orbits.csv").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert locate("orbits.csv") == tmp_path / "orbits.csv"
    with pytest.raises(EphemerisError, match="no such file"):
        locate("here")
