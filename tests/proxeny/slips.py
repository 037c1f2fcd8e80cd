"""What an operator can mistype in a network file, and the words it must be answered with."""

from __future__ import annotations

from tests.proxeny.installation import SECRET

SECRET_LINE = f'secret = "{SECRET}"\n'
CLIENT = '[[client]]\nname = "c"\naddress = "192.0.2.1"\n'
HOME = '[[home]]\nname = "h"\naddress = "192.0.2.9"\n'
SLIPS = {
    "bad address": (
        '[[client]]\nname = "c"\naddress = ["10.0.0.1/24", "foo"]\n' + SECRET_LINE,
        ['3: client "c": address: "10.0.0.1/24" has bits', '"foo" is not an address or prefix'],
    ),
    "same prefix twice": (
        CLIENT + SECRET_LINE + CLIENT.replace('"c"', '"d"') + SECRET_LINE,
        ['7: client "d": address: 192.0.2.1/32 belongs to client "c" too. One address has one secret'],
    ),
    "same prefix, spelt otherwise": (
        CLIENT + SECRET_LINE + CLIENT.replace('"c"', '"d"').replace('.1"', '.1/32"') + SECRET_LINE,
        ['belongs to client "c" too'],
    ),
    "short secret": (CLIENT + 'secret = "short"\n', ['4: client "c": secret: has 5 characters', "weak_secret = true"]),
    "empty secret": (CLIENT + 'secret = ""\nweak_secret = true\n', ["secret: is empty"]),
    "no secret": (CLIENT, ['1: client "c": secret: is missing. A new entry needs secret, secret_env or secret_file']),
    "two secrets": (CLIENT + SECRET_LINE + 'secret_env = "X"\n', ["secret_env: and secret are both given"]),
    "secret from nowhere": (CLIENT + 'secret_env = "NOPE"\n', ['4: client "c": secret_env: the environment has no NOPE']),
    "secret from no file": (CLIENT + 'secret_file = "nope"\n', ["secret_file", "nope cannot be read: No such file"]),
    "unknown site": (
        CLIENT + SECRET_LINE + 'site = "libary"\n[[site]]\nid = "library"\nname = "L"\n',
        ['client "c": site: there is no site "libary". Did you mean "library"?'],
    ),
    "unknown NAS family": (CLIENT + SECRET_LINE + 'nas = "covoa"\n', ['nas: "covoa" is none of its words. Did you mean "coova"?']),
    "unknown key": (
        CLIENT + SECRET_LINE + "requier_message_authenticator = false\n",
        ['is no key of ours. Did you mean "require_message_authenticator"?'],
    ),
    "wrong type": (
        CLIENT + SECRET_LINE + 'coa_port = "3799"\nrequire_message_authenticator = "yes"\nrate = true\n',
        ["coa_port: must be a whole number", "must be true or false", "rate: must be a number"],
    ),
    "impossible port": (CLIENT + SECRET_LINE + "coa_port = 0\n", ["coa_port: is 0. It goes from 1 to 65535"]),
    "previous secret for ever": (CLIENT + SECRET_LINE + 'previous_secret = "x"\n', ["previous_until: is missing"]),
    "no time": (CLIENT + SECRET_LINE + 'previous_secret = "x"\nprevious_until = "soon"\n', ['"soon" is not a time']),
    "certificate": ('[[client]]\nname = "c"\ncertificate = "c"\n' + SECRET_LINE, ["certificate: is not served by this version"]),
    "the same name": (
        CLIENT + SECRET_LINE + CLIENT.replace(".1", ".2") + SECRET_LINE,
        ['6: client "c": name: is there twice. The other one is entry 1 of [[client]]'],
    ),
    "no name": (CLIENT.replace('name = "c"\n', "") + SECRET_LINE, ["client[0].name: is missing"]),
    "home by name": ('[[home]]\nname = "h"\naddress = "radius.example.org"\n' + SECRET_LINE, ["names are not looked up"]),
    "home over TLS": (
        HOME + SECRET_LINE + 'transport = "tls"\ntls_name = "x"\n',
        ['"tls" is not served by this version', "tls_name: is not served"],
    ),
    "home is ourselves": (HOME.replace("192.0.2.9", "127.77.0.1") + SECRET_LINE, ["is our own [radius] listener 127.77.0.1:1812"]),
    "homes at one address": (HOME + SECRET_LINE + HOME.replace('"h"', '"i"') + SECRET_LINE, ['192.0.2.9 port 1812 is home "h" already']),
    "resends that fall": (HOME + SECRET_LINE + "resend = [3, 1]\n", ['home "h": resend: must rise']),
    "resends after the end": (
        HOME + SECRET_LINE + "request_timeout = 5\n",
        ["request_timeout: with the defaults of [radius], resend must rise, and end before"],
    ),
    "unknown home": ('[[realm]]\nmatch = "a.example"\nhomes = ["h"]\n', ['3: realm "a.example": homes: there is no home "h"']),
    "no home": ('[[realm]]\nmatch = "a.example"\n', ["homes: is missing"]),
    "discovery": ('[[realm]]\nmatch = "a.example"\naction = "discover"\n', ['"discover" is not served by this version']),
    "homes and no proxy": (
        HOME + SECRET_LINE + '[[realm]]\nmatch = "a.example"\nhomes = ["h"]\naction = "reject"\n',
        ['has no meaning with action = "reject"'],
    ),
    "a realm twice": (
        '[[realm]]\nmatch = "a.example"\naction = "reject"\n[[realm]]\nmatch = "A.example"\naction = "reject"\n',
        ["is there twice. The other one is entry 1"],
    ),
    "a bad realm": ('[[realm]]\nmatch = "münchen.example"\naction = "reject"\n', ["write a host name in ASCII"]),
    "a bad expression": ('[[realm]]\nmatch = "~(?=x)"\naction = "reject"\n', ['2: realm "~(?=x)": match: invalid perl operator']),
    "too many expressions": (
        "".join(f'[[realm]]\nmatch = "~x{at}"\naction = "reject"\n' for at in range(65)),
        ['realm "~x64": match: is one regular expression too many: 64 are the most'],
    ),
    "an unknown attribute": (
        '[[policy]]\nname = "p"\ndirection = "reply"\nremove = ["Tunel-Type"]\n',
        ['policy "p": remove: no attribute is called "Tunel-Type"; is it Tunnel-Type?'],
    ),
    "an unknown direction": ('[[policy]]\nname = "p"\ndirection = "back"\n', ['direction: "back" is none of its words']),
    "a bad clamp": ('[[policy]]\nname = "p"\ndirection = "reply"\nclamp = { Session-Timeout = [60] }\n', ['policy "p": clamp:']),
    "policy for nobody": ('[[policy]]\nname = "p"\ndirection = "reply"\nhome = "h"\n', ['home: there is no home "h"']),
    "bad MAC": ('[[access_point]]\nname = "a"\nmac = "zz"\n', ['mac: "zz" is not a MAC address']),
    "one MAC, two access points": (
        '[[access_point]]\nname = "a"\nmac = "02-00-00-00-00-01"\n[[access_point]]\nname = "b"\nmac = "020000000001"\n',
        ['belongs to access point "a" too'],
    ),
    "bad Operator-Name": (
        '[operator]\nname = "x"\noperator_name = "wifi.example"\n',
        ["3: operator.operator_name: begin with the namespace"],
    ),
    "profile in clear": (
        '[[realm]]\nmatch = "uni.example"\naction = "local"\nprofile = "http://uni.example/eduroam"\n',
        ['"http://uni.example/eduroam" is no page', 'Write its whole address, with https: "https://uni.example/eduroam"'],
    ),
    "bad country": ('[operator]\nname = "x"\ncountry = "Canada"\n', ['"Canada" is no country code']),
    "bad time zone": ('[[site]]\nid = "s"\nname = "S"\ntimezone = "Mars/Olympus"\n', ['"Mars/Olympus" is no time zone']),
    "off the map": ('[[site]]\nid = "s"\nname = "S"\nlatitude = 91\n', ["latitude: is 91. It goes from -90 to 90"]),
    "no day": ('[[site]]\nid = "s"\nname = "S"\nactivated_on = 2026-05-01T10:00:00Z\n', ["is no day. Write 2026-05-01"]),
    "neither in nor out": ('[[site]]\nid = "s"\nname = "S"\nindoor_outdoor = "outdoors"\n', ['Did you mean "outdoor"?']),
    "unknown section": ("[[cleint]]\n", ['cleint: is no section of ours. Did you mean "client"?']),
    "one bracket": ('[client]\nname = "x"\n', ["Write [[client]] before each entry"]),
    "two brackets": ('[[operator]]\nname = "x"\n', ["Write [operator] once"]),
    "hygiene both ways": ('[hygiene]\nallow = ["a.b"]\nrefuse = ["a.b"]\n', ['has "a.b", which the other list has too']),
    "hygiene unreadable": ('[hygiene]\nallow = ["a b"]\n', ['hygiene.allow: "a b" is none of']),
}
