"""Makes the Parquet files beside this script: pip install pyarrow==26.0.1.

Row i has the text "text i é" repeated i % 5 times, a URL, a number, a date and
a list; the text of every seventh row is null. The codecs are those that
datasets use; `pages` has pages of version 2 and their index.
"""

import datetime
import os

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROWS = 40

TABLE = pa.table({
    "url": [f"https://example.org/{i}" for i in range(ROWS)],
    "text": [
        None if i % 7 == 6 else f"text {i} é " * (i % 5) for i in range(ROWS)
    ],
    "score": pa.array([i / 4 for i in range(ROWS)], pa.float32()),
    "count": pa.array([i * 2**40 for i in range(ROWS)], pa.int64()),
    "date": [datetime.datetime(2020, 1, 1 + i % 28) for i in range(ROWS)],
    "tags": [["a", "b"][: i % 3] for i in range(ROWS)],
})

for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    pq.write_table(
        TABLE,
        os.path.join(FOLDER, f"{codec}.parquet"),
        compression=codec,
        row_group_size=15,
        write_statistics=False,
    )
pq.write_table(
    TABLE.select(["text", "url"]),
    os.path.join(FOLDER, "pages.parquet"),
    compression="zstd",
    data_page_version="2.0",
    write_page_index=True,
    data_page_size=64,
    write_batch_size=4,
    use_dictionary=False,
)
