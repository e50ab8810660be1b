"""Everything this package raises on purpose.

JobsError
 ├ InvalidError      what was sent makes no sense                      422
 ├ SignInError       nobody is signed in, or not as who they say       401
 ├ ForbiddenError    this person may not do this                       403
 │  └ QuotaError     nothing left to compute with                      403
 ├ UnknownError      there is no such thing, or it is someone else's   404
 ├ StateError        not in the state it is in                         409
 │  └ LeaseError     the job has been given to somebody else           409
 ├ TooLargeError     more than fits                                    413
 └ TooOftenError     wait before you try again                         429
"""


class JobsError(Exception):
    """Catch this to catch everything below."""

    status = 500
    title = "Something went wrong"


class InvalidError(JobsError):
    """What was sent makes no sense."""

    status = 422
    title = "This makes no sense"


class SignInError(JobsError):
    """Nobody is signed in, or not as who they say."""

    status = 401
    title = "Please sign in"


class ForbiddenError(JobsError):
    """This person may not do this."""

    status = 403
    title = "You may not do this"


class QuotaError(ForbiddenError):
    """The projects of the collab have nothing left to compute with."""

    title = "No quota left"


class UnknownError(JobsError):
    """There is no such thing, or it is someone else's: nobody learns which."""

    status = 404
    title = "There is no such thing"


class StateError(JobsError):
    """The thing is not in a state that allows this."""

    status = 409
    title = "Not in this state"


class LeaseError(StateError):
    """The job has been taken from this runner and may run elsewhere by now."""

    title = "This lease is over"


class TooLargeError(JobsError):
    """More than fits."""

    status = 413
    title = "Too large"


class TooOftenError(JobsError):
    """Tried too often; wait before you try again."""

    status = 429
    title = "Too many attempts"
