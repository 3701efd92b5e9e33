"""What each profile could still do on one device: how many more fit, where, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from domain.fleet.model import GpuDevice
from domain.mig.geometry import Layout, Placement, legal_starts_now, places_now
from domain.mig.layout_plans import placement_of_instance
from domain.mig.model import STANDING, InstanceStatus, OfferedProfile
from domain.mig.offers import Offers
from domain.mig.planning import why_not


@dataclass(frozen=True, slots=True)
class ProfilePlaces:
    """One profile on one device in MIG mode."""

    profile: OfferedProfile
    places_now: int
    """How many more fit together beside every instance that is there."""
    places_free: int
    """The same where idle instances make way, as they do for a request."""
    starts: tuple[int, ...]
    """Where one more may start now."""
    why_not: str | None
    """Where none fits now: the rule and the one fix, in words."""


def places_on(offers: Offers, device: GpuDevice) -> list[ProfilePlaces]:
    """Every profile of the device's product, smallest first; empty where MIG is off."""
    geometry = offers.geometry(device.model)
    if geometry is None or not device.mig_enabled:
        return []
    standing = [each for each in device.mig_instances if each.instance_status in STANDING]
    every = Layout(geometry, tuple(placement_of_instance(each) for each in standing))
    held = held_layout(offers, device) or every
    found = []
    for name, profile in offers.profiles(device.model).items():
        now = places_now(geometry, every, name)
        obstacle = None if now else why_not(geometry, every, name)
        found.append(
            ProfilePlaces(
                profile,
                now,
                places_now(geometry, held, name),
                legal_starts_now(geometry, every, name),
                None if obstacle is None else str(obstacle),
            )
        )
    return found


def held_layout(offers: Offers, device: GpuDevice) -> Layout | None:
    """What of a device is taken, idle instances left out; None where its product has no MIG."""
    geometry = offers.geometry(device.model)
    return None if geometry is None else Layout(geometry, taken_on(device))


def taken_on(device: GpuDevice) -> tuple[Placement, ...]:
    """The placements that nothing new may go to: in use, being made, or not yet removed."""
    standing = [
        placement_of_instance(each)
        for each in device.mig_instances
        if each.instance_status in STANDING and (each.allocated or each.instance_status is not InstanceStatus.READY)
    ]
    # what is being removed for one that is being made lies under it
    leaving = (
        placement_of_instance(each) for each in device.mig_instances if each.instance_status is InstanceStatus.DELETING
    )
    return (*standing, *(each for each in leaving if not any(each.bitmap & other.bitmap for other in standing)))
