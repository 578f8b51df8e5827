"""Faults of the configuration of nginx: each takes one guard away, and one check must see it.

A fault changes the printed text; what it changes is there exactly as many times as it says, so
that a fault cannot quietly stop being one.
"""

import re
from dataclasses import dataclass

from tests.gate.front_checks import (
    Check,
    a_decision_is_of_one_pass_and_one_space,
    a_known_validator_saves_the_bytes,
    a_lost_right_is_felt,
    another_name_gets_nothing,
    away_is_said,
    every_header,
    nobody_is_named,
    nothing_stays,
    text_shrinks,
    the_same_answers,
    too_much_is_too_much,
)


class FaultIsNoFault(Exception):
    """The text that a fault changes is not there as often as it says."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One guard taken away: *before*, a regular expression, becomes *after*, *times* times.

    `too` is the same guard where it stands a second time, on purpose: before, after, each once.
    """

    name: str
    before: str
    after: str = ""
    seen_by: Check
    times: int = 1
    too: tuple[tuple[str, str], ...] = ()

    def planted(self, text: str) -> str:
        """The configuration *text* with the fault in it. Raises FaultIsNoFault."""
        for before, after, expected in (
            (self.before, self.after, self.times),
            *((before, after, 1) for before, after in self.too),
        ):
            text, times = re.subn(before, lambda _found, to=after: to, text, flags=re.MULTILINE)
            if times != expected:
                raise FaultIsNoFault(f"{self.name}: {times} times")
        return text


_HEADERS = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Robots-Tag",
    "X-Content-Type-Options",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Vary",
)
_CLEARED = (
    "Authorization",
    "Remote-User",
    "X-Ent-User",
    "X-Forwarded-User",
    "X-Remote-User",
    "X-Webauth-User",
    "Forwarded",
    "X-Forwarded-Host",
    "X-Original-Url",
)

FAULTS = (
    Fault(
        name="files are sent without a decision",
        before=r"^ *auth_request /decision;$",
        seen_by=the_same_answers,
    ),
    Fault(
        name="a group is read with its centre",
        before=r'^ *"~\^plain [^"]*/groupes/.*$',
        times=2,
        seen_by=the_same_answers,
    ),
    Fault(
        name="what is no group's is the centre's",
        before=r'^ *"~\^plain /[^"]*/groupes/\[\^/\]\+/" "";$',
        seen_by=the_same_answers,
    ),
    Fault(
        name="the space is of what was asked and not of what is served",
        before=r'map "\$preau_plain \$uri" \$preau_space \{\n\s+default "";',
        after='map "plain $request_uri" $preau_space { default "";',
        too=((r'map "\$preau_plain \$uri" \$preau_file', 'map "plain $uri" $preau_file'),),
        seen_by=the_same_answers,
    ),
    Fault(
        name="an address has several spellings",
        before=r'"~\^\(\?:GET\|HEAD\) [^"]*"',
        after='"~^(?:GET|HEAD) "',
        seen_by=the_same_answers,
    ),
    Fault(
        name="two dots are plain",
        before=r"\(\?!\[\^\?\]\*\\\.\\\.\)",
        times=2,
        seen_by=the_same_answers,
    ),
    Fault(
        name="an address may be as long as one likes",
        before=r"\(\?!\[\^\?\]\{513\}\)",
        times=2,
        seen_by=the_same_answers,
    ),
    Fault(
        name="any method reads",
        before=r"\(\?:GET\|HEAD\) ",
        after="[A-Z]+ ",
        seen_by=the_same_answers,
    ),
    Fault(
        name="reserved names are centres",
        before=r'^ *location ~ "\^/\(\?:charte\|[^{]*\{[^}]*\}$',
        too=((r"\(\?!/\(\?:charte\|[^)]*\)/\)", ""),),
        seen_by=the_same_answers,
    ),
    Fault(
        name="any kind of file is sent",
        before=r"\\\.\(\?:avif\|[^)]*\)\)",
        after=")",
        seen_by=the_same_answers,
    ),
    Fault(
        name="links are followed",
        before=r"^ *disable_symlinks on from=\$document_root;$",
        seen_by=the_same_answers,
        times=2,
    ),
    Fault(
        name="a part is sent",
        before=r"^ *max_ranges 0;$",
        seen_by=the_same_answers,
        times=2,
    ),
    Fault(
        name="a date is believed",
        before=r"^ *if_modified_since off;$",
        after="if_modified_since before;",
        seen_by=the_same_answers,
        times=2,
    ),
    Fault(
        name="nginx refuses in its own words",
        before=r"error_page 403 404 500 = @preau_gate;",
        seen_by=the_same_answers,
    ),
    Fault(
        name="nginx says in its own words that a style is not there",
        before=r"^(            error_page) 404 = @preau_gate;\n(?=\s+error_page 413)",
        seen_by=the_same_answers,
    ),
    Fault(
        name="the gate is told the address as nginx tidied it",
        before=r"proxy_pass http://preau_gate\$request_uri;",
        after="proxy_pass http://preau_gate$uri;",
        seen_by=the_same_answers,
        times=3,
    ),
    Fault(
        name="the decision is answered to anybody",
        before=r"^ *internal;$",
        too=(
            (
                r"proxy_set_header X-Preau-Space \$preau_asked;",
                "proxy_set_header X-Preau-Space $http_x_preau_space;",
            ),
        ),
        seen_by=the_same_answers,
    ),
    Fault(
        name="a decision is refused in nginx's words",
        before=r"(?<=internal;\n)\s+error_page 404 = @preau_gate;",
        seen_by=the_same_answers,
    ),
    Fault(
        name="pages are kept by whoever passes them on",
        before=r'set \$preau_kept "private, no-cache";',
        after='set $preau_kept "public, max-age=600";',
        seen_by=the_same_answers,
    ),
    Fault(
        name="a style is asked for again each time",
        before=r"set \$preau_kept \$preau_theme_kept;",
        after='set $preau_kept "no-store";',
        seen_by=the_same_answers,
    ),
    Fault(
        name="a style without a digest is kept for ever",
        before=r'default "public, max-age=600";',
        after='default "public, max-age=31536000, immutable";',
        seen_by=the_same_answers,
    ),
    Fault(
        name="a file tells when it was made",
        before=r'^ *add_header Last-Modified "";$',
        seen_by=the_same_answers,
    ),
    Fault(
        name="texts have no charset",
        before=r"^ *charset utf-8;$",
        seen_by=the_same_answers,
    ),
    *(
        Fault(
            name=f"{name} is missing",
            before=rf"^ *add_header {name} .*$",
            seen_by=every_header,
        )
        for name in _HEADERS
    ),
    Fault(
        name="nothing says how long to keep an answer",
        before=r"^ *add_header Cache-Control .*$",
        seen_by=every_header,
    ),
    Fault(
        name="a place with a header of its own loses all the others",
        before=r"^ *auth_request /decision;$",
        after="auth_request /decision; add_header X-Autre 1;",
        seen_by=every_header,
    ),
    *(
        Fault(
            name=f"{name} passes",
            before=rf'^ *proxy_set_header {name} "";$',
            seen_by=nobody_is_named,
            times=2,
        )
        for name in _CLEARED
    ),
    Fault(
        name="an underscore passes for a hyphen",
        before=r"underscores_in_headers off;",
        after="underscores_in_headers on;",
        seen_by=nobody_is_named,
    ),
    Fault(
        name="a visitor says which space is asked about",
        before=r'^ *proxy_set_header X-Preau-Space "";$',
        seen_by=nobody_is_named,
    ),
    Fault(
        name="the host is what the visitor says",
        before=r"proxy_set_header Host [^;]*;",
        after="proxy_set_header Host $http_host;",
        seen_by=nobody_is_named,
        times=2,
    ),
    Fault(
        name="the visitor says where they are",
        before=r"proxy_set_header X-Forwarded-For \$remote_addr;",
        after="proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        seen_by=nobody_is_named,
        times=2,
    ),
    Fault(
        name="a decision is asked with all that the visitor says",
        before=r"^ *proxy_pass_request_headers off;$",
        seen_by=nobody_is_named,
    ),
    Fault(
        name="an answer names somebody",
        before=r"^ *proxy_hide_header X-Ent-User;$",
        seen_by=nobody_is_named,
    ),
    Fault(
        name="an answer has another file sent",
        before=r"X-Accel-Redirect ",
        seen_by=nobody_is_named,
    ),
    Fault(
        name="a decision is used for another pass",
        before=r'proxy_cache_key "\$preau_asked \$http_cookie";',
        after='proxy_cache_key "$preau_asked";',
        seen_by=a_decision_is_of_one_pass_and_one_space,
    ),
    Fault(
        name="a decision is used for another space",
        before=r'proxy_cache_key "\$preau_asked \$http_cookie";',
        after='proxy_cache_key "$http_cookie";',
        seen_by=a_decision_is_of_one_pass_and_one_space,
    ),
    Fault(
        name="a decision is of one cookie among several",
        before=r'proxy_cache_key "\$preau_asked \$http_cookie";',
        after='proxy_cache_key "$preau_asked $cookie_a";',
        seen_by=a_decision_is_of_one_pass_and_one_space,
    ),
    Fault(
        name="a decision is asked of nobody",
        before=r"^ *proxy_set_header Cookie \$http_cookie;$",
        seen_by=a_decision_is_of_one_pass_and_one_space,
    ),
    Fault(
        name="no decision is kept",
        before=r"^ *proxy_cache preau_decisions;$",
        seen_by=a_decision_is_of_one_pass_and_one_space,
    ),
    Fault(
        name="a decision is kept as long as the answer says",
        before=r"proxy_ignore_headers Cache-Control Expires Set-Cookie Vary ",
        after="proxy_ignore_headers ",
        seen_by=a_decision_is_of_one_pass_and_one_space,
    ),
    Fault(
        name="a decision is kept for long",
        before=r"proxy_cache_valid 204 403 1s;",
        after="proxy_cache_valid 204 403 600s;",
        seen_by=a_lost_right_is_felt,
    ),
    Fault(
        name="an old decision does when a new one is asked for",
        before=r"^ *proxy_cache preau_decisions;$",
        after="proxy_cache preau_decisions; proxy_cache_use_stale updating http_403;"
        " proxy_cache_valid 403 0s;",
        seen_by=a_lost_right_is_felt,
    ),
    Fault(
        name="files that went stay open",
        before=r"open_file_cache_valid 1s;\n(\s+)open_file_cache_errors",
        after="open_file_cache_valid 600s;\n open_file_cache_errors",
        seen_by=a_lost_right_is_felt,
        times=2,
    ),
    Fault(
        name="files that are known are sent again",
        before=r"^ *if_modified_since off;$",
        after="etag off;",
        seen_by=a_known_validator_saves_the_bytes,
        times=2,
    ),
    Fault(
        name="pages are not compressed",
        before=r"^ *gzip on;$",
        seen_by=text_shrinks,
        times=2,
    ),
    Fault(
        name="what repeats the visitor's words is compressed",
        before=r"^ *sendfile on;$",
        after="sendfile on; gzip on; gzip_min_length 1;",
        seen_by=text_shrinks,
    ),
    Fault(
        name="tickets are logged",
        before=r"\$preau_logged \$status",
        after="$request_uri $status",
        seen_by=nothing_stays,
    ),
    Fault(
        name="an address that is not plain is logged",
        before=r'map \$request_uri \$preau_logged \{\n\s+default "-";',
        after='map $request_uri $preau_logged { default "$uri";',
        seen_by=nothing_stays,
    ),
    Fault(
        name="errors are logged with their tickets",
        before=r"^(error_log .*) crit;$",
        after='error_log "error.log" error;',
        seen_by=nothing_stays,
    ),
    Fault(
        name="whole addresses are logged",
        before=r"\$preau_network \$request_method",
        after="$remote_addr $request_method",
        seen_by=nothing_stays,
    ),
    Fault(
        name="a photo on its way is kept on the disk",
        before=r"^ *proxy_request_buffering off;$",
        seen_by=nothing_stays,
    ),
    Fault(
        name="a form may be heavy",
        before=r"^ *client_max_body_size 256k;$",
        after="client_max_body_size 40m;",
        seen_by=too_much_is_too_much,
    ),
    Fault(
        name="a photo may be of any weight",
        before=r"^ *client_max_body_size 40m;$",
        after="client_max_body_size 0;",
        seen_by=too_much_is_too_much,
    ),
    Fault(
        name="forms are not counted",
        before=r"^ *limit_req zone=.*$",
        seen_by=too_much_is_too_much,
        times=2,
    ),
    Fault(
        name="reading counts as a form",
        before=r"map \$request_method \$preau_sender \{\n\s+default \"\";",
        after="map $request_method $preau_sender { default $binary_remote_addr;",
        seen_by=too_much_is_too_much,
    ),
    Fault(
        name="connections are not counted",
        before=r"^ *limit_conn preau_connections 200;$",
        seen_by=too_much_is_too_much,
    ),
    Fault(
        name="nothing is said when Préau is away",
        before=r"^ *error_page 502 503 504 =503 @preau_away;$",
        seen_by=away_is_said,
        times=3,
    ),
    Fault(
        name="a failure after a failure is not said",
        before=r"^ *recursive_error_pages on;$",
        seen_by=away_is_said,
    ),
    Fault(
        name="a file is sent when no decision comes",
        before=r"^ *auth_request /decision;$",
        after="satisfy any; allow 127.0.0.1; deny all; auth_request /decision;",
        seen_by=the_same_answers,
    ),
    Fault(
        name="any name is the town's",
        before=r"^ *return 444;$",
        after="return 200;",
        seen_by=another_name_gets_nothing,
    ),
)
