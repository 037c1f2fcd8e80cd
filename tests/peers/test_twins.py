"""The twins keep their promises, so that a failure in a flow is the controller's and not theirs."""

from __future__ import annotations

from tests.peers import packets, twins
from tests.peers.freeradius import SECRET
from tests.peers.packets import ACCESS_ACCEPT, ACCESS_REJECT, PROXY_STATE, STATUS_SERVER, Packet
from tests.peers.program import until
from tests.peers.relay import Impairment, relay
from tests.peers.twins import Later


def test_a_request_is_signed_and_its_answer_proves_itself() -> None:
    """Sign, answer and verify agree, and a changed octet shows."""
    octets = packets.pap("bob@uni-a.example", "pass word", SECRET, (PROXY_STATE, b"one"), (PROXY_STATE, b"two"))
    asked = packets.read(octets)
    assert packets.signature_holds(octets, SECRET)
    assert packets.reveal(asked.value(packets.USER_PASSWORD) or b"", asked.authenticator, SECRET) == b"pass word"

    reply = packets.answer(asked, ACCESS_ACCEPT, [(packets.CLASS, b"x")], SECRET)
    assert packets.proves(reply, octets, SECRET)
    assert packets.read(reply).values(PROXY_STATE) == [b"one", b"two"]
    assert not packets.proves(reply[:-1] + b"\0", octets, SECRET)


def test_a_scripted_home_answers_late_twice_and_from_elsewhere() -> None:
    """Each answer goes out when and from where the script says; Status-Server is answered beside it."""

    def script(asked: Packet, nth: int) -> list[Later]:
        accept, reject = (packets.answer(asked, code, [], SECRET) for code in (ACCESS_ACCEPT, ACCESS_REJECT))
        return [Later(reject, stranger=True), Later(accept, after=0.05), Later(accept, after=0.05)]

    with twins.home(script) as home, twins.nas() as nas:
        octets = packets.pap("bob@uni-a.example", "x", SECRET)
        nas.send(octets, home.port)
        until(lambda: len(nas.take()) == 3, "three answers")
        assert [packets.read(each).code for each in nas.take()] == [ACCESS_REJECT, ACCESS_ACCEPT, ACCESS_ACCEPT]
        assert len(home.distinct) == 1

        status = packets.request([], SECRET, code=STATUS_SERVER, identifier=7)
        answer = nas.ask(status, home.port)
        assert (ACCESS_ACCEPT, 1) == (answer and answer.code, home.probes)

        home.mute = True
        assert nas.ask(packets.pap("bob@uni-a.example", "x", SECRET, identifier=8), home.port, seconds=0.2) is None


def test_a_relay_spoils_as_told_and_the_same_way_each_time() -> None:
    """With one seed two runs lose the same datagrams; a perfect relay loses none."""

    def arrived(impairment: Impairment) -> list[int]:
        with twins.home() as home, relay(home.port, impairment, seed=3) as between, twins.nas() as nas:
            for number in range(60):
                nas.send(packets.pap("bob@uni-a.example", "x", SECRET, identifier=number), between.port)
            last = packets.pap("bob@uni-a.example", "x", SECRET, identifier=99)
            until(lambda: between.arrived == 60, "the relay")
            between.impairment = Impairment()
            assert nas.ask(last, between.port) is not None  # so what was to arrive has arrived
            return sorted(each.identifier for each in home.distinct if each.identifier != 99)

    assert arrived(Impairment()) == list(range(60))
    lossy = arrived(Impairment(drop=0.3))
    assert 30 < len(lossy) < 55
    assert arrived(Impairment(drop=0.3)) == lossy
