"""The tables of MIG profiles, against the rules that every one of them keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.fleet.catalogue import CATALOGUE
from domain.mig.profiles import (
    A30,
    A100_40,
    A100_80,
    GEOMETRIES,
    H100_80,
    H100_94,
    H100_96,
    H100_PCIE,
    MigGeometry,
    differences,
    geometry_for,
    geometry_from_report,
    profile_on,
    smallest_profile_for,
)
from domain.mig.reports import MigReport, ProfileReport

SEVEN = [each for each in GEOMETRIES if each.memory_slices == 8]


def report_of(geometry: MigGeometry) -> MigReport:
    """What NVML would say of the geometry, in no order."""
    profiles = tuple(
        ProfileReport(
            each.profile_name,
            each.gi_profile_id,
            each.nvml_profile,
            each.compute_slices,
            each.memory_slices,
            each.memory_mb or 0,
            each.max_instances,
            each.multiprocessors or 0,
            each.starts,
        )
        for each in reversed(geometry.profiles)
    )
    return MigReport(enabled=True, pending=True, profiles=profiles)


def test_every_mig_capable_product_has_a_geometry_and_no_other_has() -> None:
    for figures in CATALOGUE:
        geometry = geometry_for(figures.model_name)
        assert (geometry is not None) == (figures.max_mig_instances > 0), figures.model_name
        if geometry is not None:
            assert max(each.max_instances for each in geometry.profiles) == figures.max_mig_instances
            assert geometry_for(f"NVIDIA {figures.names[0]}") is geometry
            largest = geometry.profiles[-1]
            assert largest.memory_gb == figures.memory_gb
    assert geometry_for("H100 96GB") is H100_96
    assert geometry_for("GeForce GTX 1080") is None


@pytest.mark.parametrize("geometry", SEVEN, ids=lambda each: each.name)
def test_the_seven_slice_parts_share_everything_but_names_and_sizes(geometry: MigGeometry) -> None:
    assert sum(len(each.starts) for each in geometry.profiles) == 25
    assert [each.gi_profile_id for each in geometry.profiles] == [19, 20, 15, 14, 9, 5, 0]
    assert [each.nvml_profile for each in geometry.profiles] == [0, 7, 9, 1, 2, 3, 4]
    assert geometry.shapes == H100_80.shapes
    assert geometry.compute_slices == 7


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda each: each.name)
def test_every_profile_keeps_the_rules(geometry: MigGeometry) -> None:
    assert len({each.profile_name for each in geometry.profiles}) == len(geometry.profiles)
    for each in geometry.profiles:
        assert each.profile_name.startswith(f"{each.compute_slices}g.")
        assert all(0 <= start <= geometry.memory_slices - each.memory_slices for start in each.starts)
        assert 0 < geometry.performance_ratio(each) <= 1
        assert 0 < len(geometry.use_case(each)) <= 80
        if each.media_extensions:
            plain = geometry.by_name[each.profile_name.removesuffix("+me")]
            assert each.shape == plain.shape
            assert each.max_instances == 1
            assert each.memory_mb == plain.memory_mb
            assert each.gi_profile_id != plain.gi_profile_id
            assert each.nvml_profile != plain.nvml_profile
        if each.memory_mb is not None:  # usable is less than the name says, and never by half
            assert 0.85 * each.memory_gb * 1024 < each.memory_mb * 1.05 < 1.05 * each.memory_gb * 1024


def test_a_name_does_not_say_how_large_a_profile_is() -> None:
    assert A100_40.by_name["1g.10gb"].memory_slices == 2
    assert H100_80.by_name["1g.10gb"].memory_slices == 1
    assert A100_80.by_name["1g.10gb"].memory_mb == 9856
    assert H100_80.by_name["1g.10gb"].memory_mb == 9984
    assert H100_PCIE.by_name["7g.80gb"].multiprocessors is None
    assert H100_94.by_name["7g.94gb"].memory_mb == 94822


def test_the_smallest_profile_that_is_large_enough() -> None:
    def smallest(memory_mb: int, compute: int) -> str | None:
        found = smallest_profile_for(H100_80, memory_mb, compute)
        return None if found is None else found.profile_name

    assert smallest(0, 0) == "1g.10gb"
    assert smallest(9984, 1) == "1g.10gb"
    assert smallest(9985, 1) == "1g.20gb"
    assert smallest(9985, 2) == "2g.20gb"
    assert smallest(9000, 2) == "2g.20gb"
    assert smallest(20097, 1) == "3g.40gb"
    assert smallest(1, 4) == "4g.40gb"
    assert smallest(1, 5) == "7g.80gb"
    assert smallest(81153, 1) is None
    assert smallest_profile_for(H100_96, 1, 1) == H100_96.by_name["1g.24gb"]  # what 1g has is not known


def test_nvml_s_answer_wins_and_is_compared() -> None:
    told = geometry_from_report(report_of(A30), "A30")
    assert told == A30
    assert differences(A30, told) == []
    odd = report_of(A30)
    profiles = [replace(each, starts=(0, 1, 4, 5)) if each.profile_name == "1g.6gb" else each for each in odd.profiles]
    profiles = [each for each in profiles if each.profile_name != "2g.12gb+me"]
    profiles.append(replace(profiles[0], profile_name="4g.25gb", memory_mb=24000))
    found = geometry_from_report(replace(odd, profiles=tuple(profiles)))
    assert found is not None
    assert found.memory_slices == 6
    lines = differences(A30, found)
    assert "1g.6gb: starts known (0, 1, 2, 3), reported (0, 1, 4, 5)" in lines
    assert "2g.12gb+me: known, not reported" in lines
    assert "4g.25gb: reported, not known" in lines
    assert "memory slices: known 4, reported 6" in lines
    assert len(lines) == 4
    assert geometry_from_report(MigReport(enabled=False, pending=False)) is None


def test_what_the_table_lacks_is_no_difference() -> None:
    told = geometry_from_report(report_of(H100_80), "H100 PCIe")
    assert told is not None
    assert differences(H100_PCIE, told) == []


def test_a_wish_by_name_or_by_geometry() -> None:
    assert profile_on(H100_80, "1g.10gb") is H100_80.by_name["1g.10gb"]
    assert profile_on(H100_80, {"A30": "1g.6gb"}) is None
    assert profile_on(A30, {"A30": "1g.6gb"}) is A30.by_name["1g.6gb"]
    assert profile_on(A30, "7g.80gb") is None
