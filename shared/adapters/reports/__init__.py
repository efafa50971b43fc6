"""Reports as files (HTML, JSON, CSV) in the archive of a run; `shared.bootstrap` builds `FileReports`."""

from shared.adapters.reports.files import FileReports

__all__ = ["FileReports"]
