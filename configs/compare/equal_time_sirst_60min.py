# As equal_time_sirst_10min.py, an hour of a core each.
_base_ = 'equal_time_sirst_10min.py'
title = 'Small targets on SIRST, an hour each'
rows = {
    name: dict(
        options={
            key: 6 * number
            for key, number in row['options'].items()
            if isinstance(number, int) and 'val_interval' not in key
        }
    )
    for name, row in _base_.rows.items()
}
