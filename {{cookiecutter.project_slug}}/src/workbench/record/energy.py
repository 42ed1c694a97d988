"""The energy that a run takes, measured by CodeCarbon where the extra `carbon` is installed."""

from typing import Any


class EnergyMeter:
    """Measures from when it is made until it is read."""

    def __init__(self, country: str | None) -> None:
        """Start to measure, if CodeCarbon is installed; it does not use the network.

        Args:
            country: Where the electricity comes from (ISO 3166-1 alpha-3); without it, there is no
                figure for CO2, which depends on it.
        """
        self._country = country
        self._tracker = _start_tracker(country or "USA")

    def read(self) -> tuple[float | None, float | None]:
        """Stop, and give the energy in kWh and the CO2 in kg; None for what was not measured."""
        if self._tracker is None:
            return None, None
        self._tracker.stop()
        used = self._tracker.final_emissions_data
        return used.energy_consumed, used.emissions if self._country else None


def _start_tracker(country: str) -> Any:
    try:
        from codecarbon import OfflineEmissionsTracker
    except ImportError:
        return None
    tracker = OfflineEmissionsTracker(
        country_iso_code=country, save_to_file=False, log_level="error"
    )
    tracker.start()
    return tracker
