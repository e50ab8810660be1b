"""What the processes of an installation write down about themselves: a line of text, or of JSON."""

import json
import logging
from datetime import UTC, datetime

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Lines(logging.Formatter):
    """One JSON document per line; what was passed as `extra` has fields of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The document of a record."""
        document = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        document |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            document["trace"] = self.formatException(record.exc_info)
        return json.dumps(document, default=str, ensure_ascii=False)


def write_log(kind: str) -> None:
    """Write everything to standard error: as `text` for people or as `json` for programs."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if kind == "json" else logging.Formatter(TEXT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("httpx2", "httpcore2", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
