"""What we conclude from the results, in words; to be read again whenever results are made anew."""

from __future__ import annotations

SAID: dict[str, str] = dict.fromkeys(("probmix", "mixupe", "multimix", "varmixup"), "")
