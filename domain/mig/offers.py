"""Which profiles each product offers: as NVML told them where it did, else as the table knows them."""

from __future__ import annotations

from collections.abc import Mapping

from domain.fleet.model import GpuModel
from domain.fleet.view import InventoryView
from domain.mig.model import OfferedProfile, profile_id_for
from domain.mig.profiles import MigGeometry, MigProfile, geometry_for, geometry_of


class Offers:
    """The profiles and geometries of the products in the view. A product keeps its geometry object."""

    def __init__(self, view: InventoryView) -> None:
        self._view = view
        self._geometries: dict[str, tuple[Mapping[str, OfferedProfile], MigGeometry | None]] = {}
        self._from_table: dict[str, Mapping[str, OfferedProfile]] = {}

    def told(self, model: GpuModel) -> bool:
        """Whether a node's NVML has told the product's profiles. Only then can instances be made."""
        return bool(self._view.profiles_of(model.id))

    def profiles(self, model: GpuModel) -> Mapping[str, OfferedProfile]:
        """By name, smallest first; empty where the product cannot be partitioned."""
        told = self._view.profiles_of(model.id)
        if told:
            geometry = self.geometry(model)
            return {} if geometry is None else {name: told[name] for name in geometry.by_name}
        if model.id not in self._from_table:
            known = geometry_for(model.model_name)
            self._from_table[model.id] = {} if known is None else offered_by(model.id, known)
        return self._from_table[model.id]

    def geometry(self, model: GpuModel) -> MigGeometry | None:
        """Slices and profiles of the product, under its own name; None where it cannot be partitioned."""
        told = self._view.profiles_of(model.id)
        cached = self._geometries.get(model.id)
        if cached is not None and cached[0] is told:
            return cached[1]
        if told:
            geometry = geometry_of(model.model_name, (mig_profile(each) for each in told.values()))
        else:
            known = geometry_for(model.model_name)
            geometry = None if known is None else geometry_of(model.model_name, known.profiles)
        if cached is not None and cached[1] == geometry:
            geometry = cached[1]  # told anew, the same: what is keyed by the object stays
        self._geometries[model.id] = (told, geometry)
        return geometry


def mig_profile(offered: OfferedProfile) -> MigProfile:
    """As the geometry has it."""
    return MigProfile(
        offered.profile_name,
        offered.gi_profile_id,
        offered.nvml_profile,
        offered.compute_slices,
        offered.memory_slices,
        offered.memory_mb,
        offered.max_instances_per_gpu,
        offered.multiprocessors,
        offered.starts,
    )


def offered_by(model_id: str, geometry: MigGeometry) -> dict[str, OfferedProfile]:
    """A geometry's profiles as what the product offers, by name."""
    return {
        each.profile_name: OfferedProfile(
            id=profile_id_for(model_id, each.profile_name),
            model_id=model_id,
            profile_name=each.profile_name,
            compute_slices=each.compute_slices,
            memory_slices=each.memory_slices,
            memory_gb=each.memory_gb,
            max_instances_per_gpu=each.max_instances,
            performance_ratio=round(geometry.performance_ratio(each), 4),
            use_case=geometry.use_case(each),
            gi_profile_id=each.gi_profile_id,
            nvml_profile=each.nvml_profile,
            memory_mb=each.memory_mb,
            multiprocessors=each.multiprocessors,
            starts=each.starts,
        )
        for each in geometry.profiles
    }
