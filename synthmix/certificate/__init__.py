"""Certificates: what a synthesizer preserves, exactly, in expectation or not, with the reason and the numbers."""

from __future__ import annotations

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Certificate, Statement
from synthmix.certificate.certify import certify

__all__ = ["EXACT", "EXPECTED", "LOST", "Certificate", "Statement", "certify"]
