"""What a message looks like; apart from Celery, so that naming it doesn't import Celery."""

#: The one task: (version, item id).
TASK = "ascip_sync.work_on"
#: An unknown version is refused politely by older workers.
MESSAGE_VERSION = 1
