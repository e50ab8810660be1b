"""Which pages there are, who may see and do what there, and with which form."""

YES = (200, 303)
LOGIN = "login"  # one is led to where one signs in
OPEN = dict.fromkeys(("nobody", "eve", "bob", "ada", "root"), YES)
SIGNED_IN = {**OPEN, "nobody": LOGIN}
NO_PROVIDER = dict.fromkeys(OPEN, (404,))
MEMBERS = {**SIGNED_IN, "eve": (404,)}
EDITORS = {**MEMBERS, "bob": (403,)}
SUBMITTERS = {**MEMBERS, "bob": (404,)}
ADMINS = {**SIGNED_IN, **dict.fromkeys(("eve", "bob", "ada"), (403,))}
AUTHORS = {**EDITORS}
NOT_ONES_OWN = {**SIGNED_IN, **dict.fromkeys(("eve", "bob", "ada", "root"), (404,))}
JOB = {"collab": "lab", "platform": "Demo", "kind": "text", "text": "print(1)", "command": "run.py"}
TIMES = {"begins": "2030-01-01T08:00", "ends": "2030-01-01T09:00", "text": "new disks"}

RIGHTS = {
    ("GET", "/login"): (OPEN, {}),
    ("POST", "/login"): (OPEN, {"name": "ada", "password": "correct horse"}),
    ("GET", "/link/{secret}"): (OPEN, {}),
    ("POST", "/link/{secret}"): (OPEN, {}),
    ("GET", "/oidc/start"): (NO_PROVIDER, {}),  # with one, see test_oidc
    ("GET", "/oidc/callback"): (NO_PROVIDER, {}),
    ("POST", "/theme"): (OPEN, {"theme": "dark", "next": "/app/jobs"}),
    ("GET", "/"): (SIGNED_IN, {}),
    ("GET", "/jobs"): (SIGNED_IN, {}),
    ("POST", "/filters"): (SIGNED_IN, {"name": "mine", "query": "text=a"}),
    ("POST", "/filters/{filter}/remove"): ({**NOT_ONES_OWN, "ada": YES}, {}),
    ("GET", "/new"): (SIGNED_IN, {}),
    ("POST", "/new"): (SUBMITTERS, JOB),
    ("GET", "/builder/table"): (SIGNED_IN, {}),
    ("POST", "/builder/script"): (SIGNED_IN, {}),
    ("POST", "/builder/model"): ({**dict.fromkeys(OPEN, (422,)), "nobody": LOGIN}, {}),  # no JSON
    ("GET", "/jobs/{number}"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/log"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/log.txt"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/events"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/diff"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/files/{kind}/{path}"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/data/{kind}/{path}"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/raw/{kind}/{path}"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/outputs.zip"): (MEMBERS, {}),
    ("GET", "/jobs/{number}/crate.zip"): (MEMBERS, {}),
    ("POST", "/jobs/{number}/cancel"): ({**EDITORS, "ada": (409,), "root": (409,)}, {}),
    ("POST", "/jobs/{number}/retry"): (EDITORS, {}),
    ("POST", "/jobs/{number}/hide"): (EDITORS, {}),
    ("POST", "/jobs/{number}/tags"): (EDITORS, {"add": "new"}),
    ("POST", "/jobs/{number}/comments"): (MEMBERS, {"text": "good"}),
    ("POST", "/jobs/{number}/comments/{comment}"): (AUTHORS, {"text": "better"}),
    ("POST", "/jobs/{number}/comments/{comment}/remove"): (AUTHORS, {}),
    ("GET", "/projects"): (SIGNED_IN, {}),
    ("GET", "/projects/new"): (SIGNED_IN, {}),
    ("POST", "/projects/new"): (SUBMITTERS, {"collab": "lab", "title": "t"}),
    ("GET", "/projects/{project}"): (MEMBERS, {}),
    ("POST", "/projects/{project}"): (EDITORS, {"title": "u"}),
    ("POST", "/projects/{project}/decision"): ({**ADMINS, "root": (409,)}, {"accept": ""}),
    ("POST", "/projects/{project}/quotas"): (ADMINS, {"platform": "Demo", "limit": "1"}),
    ("POST", "/projects/{project}/quotas/{quota}"): (ADMINS, {"limit": "2"}),
    ("POST", "/projects/{project}/hand-in"): (EDITORS, {}),
    ("POST", "/projects/{project}/remove"): (EDITORS, {}),
    ("GET", "/collabs"): (SIGNED_IN, {}),
    ("POST", "/collabs"): (SIGNED_IN, {"name": "new"}),
    ("GET", "/collabs/{collab}"): (MEMBERS, {}),
    ("POST", "/collabs/{collab}/members"): (
        {**EDITORS, "ada": (403,)},
        {"person": "eve", "role": "viewer"},
    ),
    ("GET", "/sessions"): (SIGNED_IN, {}),
    ("POST", "/sessions/{number}/end"): ({**EDITORS, "ada": (409,), "root": (409,)}, {}),
    ("GET", "/platforms"): (SIGNED_IN, {}),
    ("GET", "/platforms/{platform}"): (SIGNED_IN, {}),
    ("POST", "/platforms/{platform}/pause"): (ADMINS, {"why": "broken"}),
    ("POST", "/platforms/{platform}/drain"): (ADMINS, {"why": "moving"}),
    ("POST", "/platforms/{platform}/maintenance"): (ADMINS, TIMES),
    ("POST", "/platforms/{platform}/maintenance/{notice}/remove"): (ADMINS, {}),
    ("GET", "/me"): (SIGNED_IN, {}),
    ("POST", "/me/password"): (
        SIGNED_IN,
        {"old": "correct horse", "new": "battery staple", "again": "battery staple"},
    ),
    ("POST", "/me/tokens"): (SIGNED_IN, {"name": "laptop", "scope": "read", "days": "7"}),
    ("POST", "/me/tokens/{token}/revoke"): ({**NOT_ONES_OWN, "ada": YES}, {}),
    ("GET", "/me/hooks"): (SIGNED_IN, {}),
    ("POST", "/me/hooks"): (SIGNED_IN, {"address": "https://example.org/told"}),
    ("POST", "/me/hooks/{hook}/test"): ({**NOT_ONES_OWN, "ada": YES}, {}),
    ("POST", "/me/hooks/{hook}/remove"): ({**NOT_ONES_OWN, "ada": YES}, {}),
    ("POST", "/me/mail"): (SIGNED_IN, {"matter": "failed"}),
    ("POST", "/me/mail/address"): (SIGNED_IN, {"address": "new@example.org"}),
    ("GET", "/mail/confirm/{asked}"): (OPEN, {}),
    ("POST", "/mail/confirm/{asked}"): (OPEN, {}),
    ("GET", "/mail/stop/{word}"): (OPEN, {}),
    ("POST", "/mail/stop/{word}"): (OPEN, {}),
    ("POST", "/admin/mails"): (ADMINS, {}),
    ("POST", "/admin/mails/{mail_number}"): (ADMINS, {"forget": ""}),
    ("GET", "/admin"): (ADMINS, {}),
    ("GET", "/admin/history"): (ADMINS, {}),
    ("POST", "/admin/people"): (ADMINS, {"name": "new"}),
    ("POST", "/admin/people/{person}/link"): (ADMINS, {}),
    ("POST", "/admin/people/{person}"): (ADMINS, {"close": ""}),
    ("POST", "/admin/keys"): (ADMINS, {"provider": "other", "platform": "Demo"}),
    ("POST", "/admin/keys/{key}/revoke"): (ADMINS, {}),
    ("GET", "/statistics"): (SIGNED_IN, {}),
    ("POST", "/logout"): (OPEN, {}),  # the last of all
}
