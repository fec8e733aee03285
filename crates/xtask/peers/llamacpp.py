"""llama.cpp on the same work: `llamacpp.py MODEL THREADS PREFILL DECODE RUNS` prints one JSON object.

Like `akio bench`: tokens are fed as they are, decoding goes on behind the prefill, and nothing is sampled.
"""

import json
import statistics
import sys
import time

import llama_cpp

path, threads, prefill, decode, runs = sys.argv[1], *map(int, sys.argv[2:])
model = llama_cpp.Llama(
    path, n_ctx=1024, n_threads=threads, n_threads_batch=threads, n_batch=512, verbose=False
)


def run():
    model.reset()
    start = time.perf_counter()
    model.eval([1000 + 7 * i for i in range(prefill)])
    middle = time.perf_counter()
    for i in range(decode):
        model.eval([500 + i])
    end = time.perf_counter()
    return prefill / (middle - start), decode / (end - middle)


run()  # the first one pages the model in
speeds = [run() for _ in range(runs)]
medians = [statistics.median(column) for column in zip(*speeds)]
print(json.dumps({"prefill_tok_s": medians[0], "decode_tok_s": medians[1]}))
