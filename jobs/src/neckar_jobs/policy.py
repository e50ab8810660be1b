"""Who may do what. Nothing here touches the database; everything is a question."""

from neckar_jobs.errors import ForbiddenError, UnknownError
from neckar_jobs.model import Comment, Job, Project, Role, User

READ, WRITE, RUN, MANAGE = "read", "write", "run", "manage"
SCOPES = frozenset({READ, WRITE, RUN, MANAGE})


def role_in(user: User, collab: str) -> Role | None:
    """What `user` is in `collab`; everybody is the administrator of their own space."""
    if collab == own_space(user.name):
        return Role.ADMINISTRATOR
    return user.roles.get(collab)


def own_space(name: str) -> str:
    """The collab that everybody has without asking."""
    return f"private-{name}"


def may_view_collab(user: User, collab: str, public: bool = False) -> bool:
    """Members see what is theirs; everybody sees what is public."""
    return _has(user, READ) and (public or user.is_admin or role_in(user, collab) is not None)


def may_edit_collab(user: User, collab: str) -> bool:
    """Editors and administrators may submit."""
    role = role_in(user, collab)
    return _has(user, WRITE) and role is not None and role >= Role.EDITOR


def may_manage_collab(user: User, collab: str) -> bool:
    """Administrators say who belongs to a collab."""
    role = role_in(user, collab)
    return _has(user, WRITE) and (user.is_admin or role == Role.ADMINISTRATOR)


def may_view(user: User, job: Job, public: bool = False) -> bool:
    """Owner, members of the collab, the platform's provider, platform admins."""
    return (
        may_view_collab(user, job.collab, public)
        or (_has(user, READ) and user.name == job.owner and not user.platforms)
        or may_run(user, job.platform)
    )


def may_change(user: User, job: Job) -> bool:
    """Cancel, tag, hide: the owner, editors of the collab, platform admins."""
    own = user.name == job.owner and not user.platforms
    return _has(user, WRITE) and (own or user.is_admin or may_edit_collab(user, job.collab))


def may_comment(user: User) -> bool:
    """People may, providers may not."""
    return _has(user, WRITE) and not user.platforms


def may_change_comment(user: User, comment: Comment) -> bool:
    """Only whoever wrote it, and platform admins."""
    return _has(user, WRITE) and (user.is_admin or user.name == comment.author)


def may_run(user: User, platform: str) -> bool:
    """Providers take the jobs of their platforms."""
    return _has(user, RUN) and platform in user.platforms


def may_administer(user: User) -> bool:
    """Accept projects, give quotas, pause queues, read the audit log."""
    return _has(user, MANAGE) and user.is_admin


def may_view_project(user: User, project: Project) -> bool:
    """Members of the collab, and platform admins."""
    return may_view_collab(user, project.collab)


def may_edit_project(user: User, project: Project) -> bool:
    """Editors of the collab."""
    return may_edit_collab(user, project.collab)


def require(allowed: bool, what: str) -> None:
    """Refuse in the open: the thing itself is known to `user`."""
    if not allowed:
        raise ForbiddenError(f"you may not {what}")


def conceal(allowed: bool, thing: str) -> None:
    """Refuse as if it did not exist: that it exists is nobody's business."""
    if not allowed:
        raise UnknownError(f"there is no {thing}, or it is not yours to see")


def _has(user: User, scope: str) -> bool:
    return user.scopes is None or scope in user.scopes
