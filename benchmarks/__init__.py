"""Measurements, each beside what it is compared with in the same run: ``run`` runs what stands in ``rows``."""
