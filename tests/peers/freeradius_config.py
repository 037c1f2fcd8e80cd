"""The text of a FreeRADIUS configuration in one file: main part, EAP, proxying. Templates only; nothing below /etc is included."""

MAIN = """
name = radiusd
logdir = {folder}
run_dir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/radiusd.pid
max_requests = 65536
max_request_time = 30
cleanup_delay = 5
hostname_lookups = no
log {{
    destination = stdout
    colourise = no
    auth = yes
}}
security {{
    max_attributes = 200
    reject_delay = 0
    status_server = yes
    allow_vulnerable_openssl = yes
}}
thread pool {{
    start_servers = 4
    max_servers = 4
    min_spare_servers = 1
    max_spare_servers = 4
}}
client test {{
    ipaddr = {clients}
    secret = {secret}
    require_message_authenticator = no
    limit {{
        max_connections = 0
    }}
}}
modules {{
    always reject {{
        rcode = reject
    }}
    always ok {{
        rcode = ok
    }}
    pap {{
    }}
    chap {{
    }}
    mschap {{
    }}
    realm suffix {{
        format = suffix
        delimiter = "@"
    }}
    files {{
        filename = {folder}/users
        key = "%{{User-Name}}"
    }}
    detail {{
        filename = {folder}/detail
        permissions = 0600
    }}
{eap}
}}
{proxy}
server default {{
    listen {{
        type = auth
        ipaddr = {address}
        port = {port}
    }}
    listen {{
        type = acct
        ipaddr = {address}
        port = {acct}
    }}
    authorize {{
        {realm}
        {begin_eap}
        chap
        mschap
        files
        pap
    }}
    authenticate {{
        {authenticate_eap}
        Auth-Type PAP {{
            pap
        }}
        Auth-Type CHAP {{
            chap
        }}
        Auth-Type MS-CHAP {{
            mschap
        }}
    }}
    preacct {{
        {realm}
    }}
    accounting {{
        detail
    }}
    post-auth {{
        {reply}
        Post-Auth-Type REJECT {{
            {rejection}
        }}
    }}
}}
server inner {{
    authorize {{
        mschap
        {begin_eap}
        files
        pap
    }}
    authenticate {{
        {authenticate_eap}
        Auth-Type PAP {{
            pap
        }}
        Auth-Type MS-CHAP {{
            mschap
        }}
    }}
}}
"""

EAP = """
    eap {{
        default_eap_type = peap
        timer_expire = 60
        max_sessions = 4096
        md5 {{
        }}
        tls-config common {{
            private_key_file = {server}
            certificate_file = {server}
            ca_file = {root}
            cipher_list = "DEFAULT"
            tls_min_version = "1.2"
            tls_max_version = "1.2"
            fragment_size = 1024
        }}
        tls {{
            tls = common
        }}
        ttls {{
            tls = common
            default_eap_type = md5
            virtual_server = inner
        }}
        peap {{
            tls = common
            default_eap_type = mschapv2
            virtual_server = inner
        }}
        mschapv2 {{
        }}
    }}
"""

PROXY = """
proxy_requests = yes
proxy server {{
    default_fallback = no
}}
home_server above_auth {{
    type = auth
    ipaddr = {up.address}
    port = {up.port}
    secret = {up.secret}
    response_window = {up.window}
    zombie_period = 40
    status_check = {check}
    check_interval = 6
    num_answers_to_alive = 3
}}
home_server above_acct {{
    type = acct
    ipaddr = {up.address}
    port = {acct}
    secret = {up.secret}
    response_window = {up.window}
    status_check = none
}}
home_server_pool above_auth {{
    type = fail-over
    home_server = above_auth
}}
home_server_pool above_acct {{
    type = fail-over
    home_server = above_acct
}}
{realms}
"""
