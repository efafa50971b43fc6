"""What a plan can be exported as, in words."""

from shared.ports.exports import ExportFormat

FORMATS = {
    ExportFormat.CSV: "CSV: actions, changes and errors in a ZIP",
    ExportFormat.XLSX: "Excel workbook, a sheet each",
    ExportFormat.NDJSON: "JSON, an action a line",
    ExportFormat.ARCHIVE: "All reports of the run in a ZIP",
}
