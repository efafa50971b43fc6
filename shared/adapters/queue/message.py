"""What a message looks like; apart from Celery, so that naming it doesn't import Celery."""

#: Work on an item: (version, item id).
TASK = "ascip_sync.work_on"
#: Look what is due by the clock: (version,).
TICK = "ascip_sync.tick"
#: The queues of the two; a worker takes turns, so a long list of work can't keep the clock waiting.
QUEUES = WORK, TICKS = "work", "ticks"
#: An unknown version is refused politely by older workers.
MESSAGE_VERSION = 1
#: Every key of ours in Redis begins with it, the rate limit's after a brace.
KEY_PREFIX = "ascip-sync:"
