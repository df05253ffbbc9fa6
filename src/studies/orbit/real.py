"""Seven real objects by their published elements: a test set no training contains.

The table holds mean elements of published two-line element sets with their epoch and
where they were published. We read them as elements of one Keplerian orbit: what a
two-line set averages over is left out, so these are the objects' typical orbits and not
their positions on a date. The table is code, so that a changed number is a changed key.
"""

import numpy as np
import pandas as pd

from studies.orbit.kepler import EARTH_MU, EARTH_RADIUS, true_from_mean
from studies.orbit.tasks import POINTS, OrbitSet, sample_orbits

COLUMNS = (
    "object",
    "mean_motion [rev/day]",
    "eccentricity [1]",
    "inclination [deg]",
    "ascending_node [deg]",
    "periapsis_argument [deg]",
    "mean_anomaly [deg]",
    "epoch [year-day UTC]",
    "source",
)
VERIFICATION = "the SGP4 verification set of AIAA 2006-6753"
ROWS = (
    ("ISS", 15.72125391, 0.0006703, 51.6416, 247.4627, 130.5360, 325.0288)
    + ("2008-264.51782528", "two-line set of 25544, worked example of the format"),
    ("Hubble", 15.09931360, 0.0002786, 28.4696, 134.5382, 129.9204, 289.6315)
    + ("2022-010.54856767", "two-line set of 20580"),
    ("LAGEOS-1", 6.38663945, 0.0044194, 109.8332, 127.3884, 201.3006, 158.6132)
    + ("1977-047.52561960", "two-line set of 08820, in the tests of Orekit and Tudat"),
    ("GPS (NAVSTAR 53)", 2.00562768, 0.0048506, 54.7298, 324.8098, 266.2640, 93.1663)
    + ("2006-175.57071136", f"two-line set of 28129, {VERIFICATION}"),
    ("Galileo (GSAT0101)", 1.70473491, 0.0005358, 56.0296, 64.3953, 319.6846, 40.2862)
    + ("2018-064.83099596", "two-line set of 37846"),
    ("Molniya 2-14", 2.00491383, 0.6877146, 64.1586, 279.0717, 264.7651, 20.2257)
    + ("2006-176.33215444", f"two-line set of 08195, {VERIFICATION}"),
    ("GEO (AMC-4)", 1.00271289, 0.0001765, 0.0004, 243.8136, 15.5294, 22.7134)
    + ("2004-039.68057285", f"two-line set of 25954, {VERIFICATION}"),
)


def published() -> pd.DataFrame:
    """The table as published: units are in the column names."""
    return pd.DataFrame(list(ROWS), columns=list(COLUMNS))


def real_objects(space: bool = False, points: int = POINTS) -> OrbitSet:
    """The real objects, each sampled over one period.

    Without `space` every orbit is turned into the xy plane (inclination and node 0),
    which Newton's field does not notice: size, shape and periapsis argument stay.
    """
    table = published()
    rate = table["mean_motion [rev/day]"].to_numpy() * 2 * np.pi / 86400  # [rad/s]
    eccentricity = table["eccentricity [1]"].to_numpy()
    mean = np.radians(table["mean_anomaly [deg]"].to_numpy())
    columns = [
        (EARTH_MU / rate**2) ** (1 / 3) / EARTH_RADIUS,
        eccentricity,
        np.radians(table["inclination [deg]"].to_numpy()) * space,
        np.radians(table["ascending_node [deg]"].to_numpy()) * space,
        np.radians(table["periapsis_argument [deg]"].to_numpy()),
        true_from_mean(mean, eccentricity),
    ]
    names = tuple(table["object"])
    elements = np.stack(columns, axis=-1)
    return sample_orbits("real objects", names, elements, points, family="real")
