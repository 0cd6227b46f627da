"""The HTTP server of llama.cpp on a free port of this machine; prints its address when it listens.

python serve.py MODEL CONTEXT_TOKENS SLOTS
"""

import os
import sys
import time

import xllamacpp


def main(model, context_tokens, n_slots):
    params = xllamacpp.CommonParams()
    params.model.path = model
    # Its name is not where it is.
    params.model_alias = {os.path.basename(model)}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    # The context is shared out among the slots.
    params.n_ctx = int(context_tokens) * int(n_slots)
    params.n_parallel = int(n_slots)
    params.endpoint_slots = True
    # Two threads wait for each other by spinning: on a machine that is busy with tests, one alone
    # is twenty times as fast.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    # The same question gets the same answer in every run: noise now and then fits no schema.
    params.sampling.seed = 1
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
