"""How the peers are installed: by apt-get, as root only, and without starting a service. Never installs anything itself.

The programs that the script calls are stand-ins which write down what they were asked.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "install.sh"
STAND_INS = {
    "id": "echo $WHO",
    "dpkg-query": '[ "$INSTALLED" = all ] && echo "install ok installed"; [ "$INSTALLED" = all ]',
    "apt-get": """
        echo "apt-get $*" >>"$SAID"
        [[ "$*" == *install* ]] || exit 0
        "$POLICY_RC_D" x start; echo "policy $?" >>"$SAID"
        [[ -n "$LACKS" && "$*" == *"$LACKS"* ]] && exit 100
        exit $APT
    """,
    "systemctl": 'echo "systemctl $*" >>"$SAID"',
}


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A folder of stand-ins, and room for what they say."""
    for name, body in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "said").touch()
    return tmp_path


def install(stage: Path, *, who: int = 0, installed: str = "none", apt: int = 0, lacks: str = "") -> tuple[int, str, str]:
    """Run the script on the stage: exit status, what the stand-ins were asked, what it printed."""
    env = {"PATH": f"{stage}:/usr/bin:/bin", "SAID": f"{stage}/said", "POLICY_RC_D": f"{stage}/policy-rc.d"}
    env |= {"WHO": str(who), "INSTALLED": installed, "APT": str(apt), "LACKS": lacks}
    ended = subprocess.run(["bash", SCRIPT], env=env, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, (stage / "said").read_text(), ended.stdout + ended.stderr


def test_nothing_happens_where_everything_is_there(stage: Path) -> None:
    """With every package installed, nothing is asked of apt-get."""
    assert (0, "", "") == install(stage, installed="all")


def test_an_ordinary_user_is_told(stage: Path) -> None:
    """Without root nothing is installed; it is said what is missing, and the tests go on."""
    status, said, printed = install(stage, who=1000)
    assert (0, "", True) == (status, said, "freeradius" in printed)


def test_services_are_not_started(stage: Path) -> None:
    """While packages are installed the policy forbids every start; afterwards it is gone, and nothing starts at boot."""
    status, said, _ = install(stage)
    assert (0, True, False) == (status, "policy 101" in said, (stage / "policy-rc.d").exists())
    assert {"systemctl disable --quiet freeradius", "systemctl disable --quiet slapd"} <= set(said.splitlines())


def test_the_machines_own_policy_comes_back(stage: Path) -> None:
    """A policy that was there before is there again, also when apt-get fails; the failure is said and is not ours."""
    (stage / "policy-rc.d").write_text("#!/bin/sh\nexit 42\n")
    status, said, printed = install(stage, apt=100)
    assert (0, True) == (status, "policy 101" in said)
    assert "#!/bin/sh\nexit 42\n" == (stage / "policy-rc.d").read_text()
    assert "will be skipped and named" in printed


def test_what_a_debian_has_not_keeps_nothing_else_out(stage: Path) -> None:
    """Without the headless shell the others are installed all the same, and nothing is said to be skipped."""
    status, said, printed = install(stage, lacks="chromium-headless-shell")
    asked = [line for line in said.splitlines() if " install " in line]
    assert (0, 2, False) == (status, len(asked), "skipped" in printed)
    assert ("chromium-headless-shell" in asked[0], "chromium-headless-shell" in asked[1], " chromium " in asked[1]) == (True, False, True)
