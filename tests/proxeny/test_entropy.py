"""Random octets for the road."""

from __future__ import annotations

import subprocess
import sys

from proxeny.entropy import Entropy


def test_sizes_are_right_and_nothing_comes_twice() -> None:
    """Across page borders too, and for requests longer than a page."""
    entropy = Entropy()
    drawn = [entropy(size) for size in [16, 8, 24] * 500 + [4096, 5000]]
    assert [16, 8, 24] * 500 + [4096, 5000] == [len(each) for each in drawn]
    sixteens = [each for each in drawn if len(each) == 16]
    assert len(sixteens) == len(set(sixteens))


def test_workers_never_share_octets() -> None:
    """CVE-2013-0294's class: each exec'd process draws its own."""
    code = "from proxeny.entropy import Entropy; print(Entropy()(16).hex())"
    drawn = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(3)}
    assert 3 == len(drawn)
