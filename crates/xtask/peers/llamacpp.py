"""llama.cpp on the same work: `llamacpp.py MODEL THREADS CONTEXT PREFILL DECODE RUNS` prints one JSON object.

Like `akio bench`: tokens are fed as they are, both measurements go on behind the context, and nothing is sampled.
"""

import json
import statistics
import sys
import time

import llama_cpp

path, (threads, context, prefill, decode, runs) = sys.argv[1], map(int, sys.argv[2:])
model = llama_cpp.Llama(
    path,
    n_ctx=context + max(prefill, decode) + 64,
    n_threads=threads,
    n_threads_batch=threads,
    n_batch=512,
    verbose=False,
)


def timed(tokens):
    start = time.perf_counter()
    for some in tokens:
        model.eval(some)
    return time.perf_counter() - start


def run():
    model.reset()
    # Something has to be there to go on from.
    model.eval([1000 + 7 * i for i in range(max(context, 1))])
    decoded = timed([[500 + i] for i in range(decode)])
    # What lies behind the context is forgotten.
    model.n_tokens = context
    prefilled = timed([[1003 + 7 * i for i in range(prefill)]])
    return prefill / prefilled, decode / decoded


if runs > 1:
    run()  # the first one pages the model in
speeds = [run() for _ in range(runs)]
medians = [statistics.median(column) for column in zip(*speeds)]
print(json.dumps({"prefill_tok_s": medians[0], "decode_tok_s": medians[1]}))
