"""A Dask cluster as the executor of tasks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from deadweight.sources.fleet import cluster as module
from deadweight.sources.fleet.cluster import Cluster

pytest.importorskip("distributed")
PATIENCE = 60.0


def wait_for_workers(cluster: Cluster, number: int) -> None:
    end = time.monotonic() + PATIENCE
    while cluster.workers != number:
        assert time.monotonic() < end, cluster.workers
        time.sleep(0.05)


@pytest.mark.usefixtures("offline")
def test_cluster__workers_that_join_and_leave__are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.clusters import DaskCluster

    monkeypatch.setattr(module, "_COUNT_SECONDS", 0.0)
    with DaskCluster(tmp_path / "logs", workers=1) as dask, Cluster(dask.address) as cluster:
        assert (cluster.workers, cluster.size) == (1, 2)
        dask.start_worker()
        wait_for_workers(cluster, 2)
        assert cluster.size == 4
        dask.workers[0].kill()
        wait_for_workers(cluster, 1)
