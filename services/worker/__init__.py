"""Workers: Celery processes that work on items, and the metronome."""
