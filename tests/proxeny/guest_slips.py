"""What an operator can mistype about guests in a network file, and the words it must be answered with."""

from __future__ import annotations

from tests.proxeny.slips import CLIENT, SECRET_LINE

PLAN = '[[plan]]\nname = "visitor"\nsession = "2h"\n'
PORTAL = '[[portal]]\nname = "city"\nplan = "visitor"\n'
GATEWAY = CLIENT + SECRET_LINE
BEYOND = '[[client]]\nname = "b"\nnas = "{}"\n'
SLIPS = {
    "a number for a time": ('[[plan]]\nname = "p"\nsession = 7200\n', ['3: plan "p": session: "7200" is no time. Write "2h"']),
    "a time out of bounds": ('[[plan]]\nname = "p"\nidle = "5s"\n', ['idle: "5s" is out of bounds. It goes from 1m to 1d']),
    "binary units": ('[[plan]]\nname = "p"\nday_data = "1 GiB"\n', ['"1 GiB" is no amount of data. Write "1 GB"']),
    "nothing at all": ('[[plan]]\nname = "p"\nmonth_data = "0 GB"\n', ["leave the key out for no limit"]),
    "a rate without time": ('[[plan]]\nname = "p"\nup = "5 Mbit"\n', ['up: "5 Mbit" is no rate. Write "5 Mbit/s"']),
    "no device": ('[[plan]]\nname = "p"\ndevices = 0\n', ["devices: is 0. It goes from 1 to 1000"]),
    "half an extension": ('[[plan]]\nname = "p"\nextend = { times = 2 }\n', ['3: plan "p": extend.by: is missing']),
    "a flat extension": ('[[plan]]\nname = "p"\nextend = "30m"\n', ["extend: must be a table"]),
    "an extension's slip": (
        '[[plan]]\nname = "p"\nextend = { time = 2, by = "30m" }\n',
        ['extend.time: is no key of ours. Did you mean "times"?'],
    ),
    "a plan twice": (PLAN + PLAN, ['5: plan "visitor": name: is there twice']),
    "a portal without a plan": ('[[portal]]\nname = "city"\n', ['portal "city": plan: is missing']),
    "an unknown plan": (PLAN + PORTAL.replace("visitor", "visitr"), ['plan: there is no plan "visitr". Did you mean "visitor"?']),
    "an unknown plan of a way": (PLAN + PORTAL + 'plans = { terms = "x" }\n', ['plans: terms: there is no plan "x"']),
    "a plan of no way": (PLAN + PORTAL + 'plans = { sms = "visitor" }\n', ['plans: "sms" is none of its ways']),
    "an unknown way": (
        PLAN + PORTAL + 'ways = ["term", "oidc:City"]\n',
        ['"term" is no way in. Did you mean "terms"?', '"oidc:City" is no way in'],
    ),
    "no way": (PLAN + PORTAL + "ways = []\n", ["ways: is empty"]),
    "sponsors of nobody": (PLAN + PORTAL + 'ways = ["sponsor"]\n', ['"sponsor" needs sponsors', 'Write sponsors = ["@city.example"]']),
    "no sponsor": (
        PLAN + PORTAL + 'sponsors = ["desk"]\n',
        ['"desk" is no address', '"@city.example" for everybody there'],
    ),
    "an unknown provider": (PLAN + PORTAL + 'ways = ["oidc:city"]\n', ['"oidc:city" needs a provider', "Write [oidc.city]"]),
    "cards alone": (PLAN + PORTAL + 'ways = ["card"]\n', ['ways: "card" needs a directory']),
    "cards without a directory": (PLAN + PORTAL + 'ways = ["terms", "card"]\n', ['ways: "card" needs a directory']),
    "a text without language": (PLAN + PORTAL + 'welcome = "Hello"\n', ["welcome: must say its language. Write welcome = { en ="]),
    "a strange language": (PLAN + PORTAL + 'help = { de = "Hilfe" }\n', ['help: "de" is no language of the pages. They speak: en, fr']),
    "an empty text": (PLAN + PORTAL + 'help = { en = " " }\n', ["help: en must be text in quotes"]),
    "a text too long": (PLAN + PORTAL + f'welcome = {{ en = "{"x" * 401}" }}\n', ["welcome: en must be at most 400 printable characters"]),
    "languages of elsewhere": (PLAN + PORTAL + 'languages = ["fr-CA"]\n', ['languages: "fr-CA" is no language of the pages']),
    "no colour": (PLAN + PORTAL + 'accent = "blue"\n', ['accent: "blue" is no colour']),
    "too light": (PLAN + PORTAL + 'accent = "#FFCC00"\n', ["#FFCC00 is too light for the white words on it (1.5:1). Take a darker one"]),
    "an unknown portal": ('[[site]]\nid = "s"\nname = "S"\nportal = "x"\n', ['4: site "s": portal: there is no portal "x"']),
    "an SSID nobody can send": (f'[[ssid]]\nname = "{"é" * 17}"\n', ["name: is longer than 32 octets"]),
    "an SSID's profile": ('[[ssid]]\nname = "x"\nprofile = "edu"\n', ['profile: "edu" is none of its words. Did you mean "eduroam"?']),
    "a bad zone": ('[operator]\nname = "x"\ntimezone = "Toronto"\n', ['"Toronto" is no time zone']),
    "a maker's name": (
        GATEWAY + 'nas = "cisco"\n',
        ['nas: "cisco" is a maker with more than one way. Did you mean "cisco-cwa" or "cisco-lwa"? See docs/nas'],
    ),
    "a family of before": (
        GATEWAY + 'nas = "extreme"\n',
        ['nas: "extreme" is none of its words. Known here: aruba, aruba-instant, cambium'],
    ),
    "a secret without RADIUS": (
        BEYOND.format("opennds") + SECRET_LINE + '[client.options]\nfas_key = "0123456789abcdef"\n',
        ['4: client "b": secret: has no use: a client of the family "opennds" sends no RADIUS for guests. Take it out'],
    ),
    "RADIUS switched off": (GATEWAY + "radius = false\n", ["secret: has no use with radius = false"]),
    "guests without RADIUS": (
        PLAN + PORTAL + '[[client]]\nname = "c"\nnas = "coova"\nradius = false\n',
        ['"coova" asks by RADIUS before it lets'],
    ),
    "no address": ('[[client]]\nname = "c"\n' + SECRET_LINE, ["address: is missing"]),
    "a family's need": (
        PLAN + PORTAL + BEYOND.format("opennds"),
        ['client "b": options: must say fas_key. A gateway of the family "opennds" cannot let guests in without'],
    ),
    "an empty option": (GATEWAY + 'nas = "coova"\n[client.options]\nuam_secret = ""\n', ['7: client "c": options.uam_secret: is empty']),
    "a short option": (GATEWAY + '[client.options]\nuam_secret = "short"\n', ["options.uam_secret: has 5 characters"]),
    "an option from nowhere": (GATEWAY + '[client.options]\nfas_key_env = "NOPE"\n', ["fas_key_env: the environment has no NOPE"]),
    "an unknown option": (
        GATEWAY + '[client.options]\nuam_secrte = "x"\n',
        ['options.uam_secrte: is no key of ours. Did you mean "uam_secret"?'],
    ),
    "a login that is no origin": (
        GATEWAY + '[client.options]\nlogin_url = "http://10.1.0.1:3990/logon"\n',
        ['6: client "c": options.login_url: "http://10.1.0.1:3990/logon" says more than an origin. Write "http://10.1.0.1:3990"'],
    ),
    "an API that is no origin": (GATEWAY + '[client.options]\napi_url = "controller"\n', ['options.api_url: "controller" is no origin']),
    "an authority nobody finds": (
        GATEWAY + '[client.options]\napi_ca = "ca.pem"\n',
        ['options.api_ca: "ca.pem" does not begin at the root'],
    ),
    "a strange prefix": (GATEWAY + '[client.options]\nguest_networks = ["10.1.0.1/24"]\n', ['guest_networks: "10.1.0.1/24" has bits set']),
    "a strange form": (GATEWAY + '[client.options]\nmac_format = "lower"\n', ['mac_format: "lower" shows no form of a hardware address']),
    "a strange unit": (GATEWAY + '[client.options]\ntime_unit = "min"\n', ['time_unit: "min" is none of its words']),
    "a strange level": (GATEWAY + "[client.options]\nfas_level = 5\n", ["options.fas_level: is 5. It goes from 0 to 4"]),
    "a strange key": (GATEWAY + 'key = "short"\n', ["key: must be 16 small letters and digits. Leave it out: one is made"]),
    "a key twice": (
        GATEWAY + 'key = "0123456789abcdef"\n' + GATEWAY.replace('"c"', '"d"').replace(".1", ".2") + 'key = "0123456789abcdef"\n',
        ['10: client "d": key: is that of client "c" too'],
    ),
}
