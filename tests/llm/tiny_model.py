"""Writes a language model of half a megabyte with random weights: llama.cpp serves it as it serves
any other, and very fast. It speaks noise, which a grammar makes valid JSON.

python tiny_model.py FILE
"""

import random
import struct
import sys

# Sizes of the network, and how much text it may have before it.
WIDTH, HEADS, LAYERS, INNER = 64, 4, 2, 128
CONTEXT_TOKENS = 16_384

# One token for each byte, and one for each printable character.
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LETTERS = [chr(code) for code in range(32, 127)]
TOKENS = SPECIAL + BYTES + LETTERS

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)

# What GGUF calls the types of its values, and the alignment of its tensors in bytes.
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
ALIGNMENT = 32


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value_of(kind, value):
    forms = {U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}
    if kind == STRING:
        return text(value)
    if kind == ARRAY:
        item, items = value
        return struct.pack("<IQ", item, len(items)) + b"".join(value_of(item, it) for it in items)
    return struct.pack(forms[kind], value)


def settings():
    yield "general.architecture", STRING, "llama"
    yield "general.name", STRING, "tiny random"
    yield "llama.context_length", U32, CONTEXT_TOKENS
    yield "llama.embedding_length", U32, WIDTH
    yield "llama.block_count", U32, LAYERS
    yield "llama.feed_forward_length", U32, INNER
    yield "llama.attention.head_count", U32, HEADS
    yield "llama.attention.head_count_kv", U32, HEADS
    yield "llama.attention.layer_norm_rms_epsilon", F32, 1e-5
    yield "llama.rope.dimension_count", U32, WIDTH // HEADS
    yield "llama.vocab_size", U32, len(TOKENS)
    yield "tokenizer.ggml.model", STRING, "llama"
    yield "tokenizer.ggml.pre", STRING, "default"
    yield "tokenizer.ggml.tokens", ARRAY, (STRING, TOKENS)
    scores = [0.0] * (len(TOKENS) - len(LETTERS)) + [-1.0] * len(LETTERS)
    yield "tokenizer.ggml.scores", ARRAY, (F32, scores)
    # Unknown, control, control; bytes; ordinary.
    kinds = [2, 3, 3] + [6] * len(BYTES) + [1] * len(LETTERS)
    yield "tokenizer.ggml.token_type", ARRAY, (I32, kinds)
    yield "tokenizer.ggml.bos_token_id", U32, 1
    yield "tokenizer.ggml.eos_token_id", U32, 2
    yield "tokenizer.ggml.unknown_token_id", U32, 0
    yield "tokenizer.ggml.add_bos_token", BOOL, True
    yield "tokenizer.ggml.add_space_prefix", BOOL, False
    yield "tokenizer.chat_template", STRING, TEMPLATE


def tensors():
    """Names, shapes with the fastest dimension first, and numbers."""
    noise = random.Random(1)

    def matrix(rows, columns, scale=0.08):
        return (columns, rows), [noise.gauss(0, scale) for _ in range(rows * columns)]

    ones = (WIDTH,), [1.0] * WIDTH
    yield "token_embd.weight", *matrix(len(TOKENS), WIDTH)
    yield "output_norm.weight", *ones
    # It never prefers a bare byte or an end: its noise is printable, and goes on for ever.
    shape, numbers = matrix(len(TOKENS), WIDTH, 0.32)
    n_silent = WIDTH * (len(SPECIAL) + len(BYTES))
    yield "output.weight", shape, [0.0] * n_silent + numbers[n_silent:]
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name in ["attn_q", "attn_k", "attn_v", "attn_output"]:
            yield f"{block}{name}.weight", *matrix(WIDTH, WIDTH)
        yield f"{block}ffn_gate.weight", *matrix(INNER, WIDTH)
        yield f"{block}ffn_up.weight", *matrix(INNER, WIDTH)
        yield f"{block}ffn_down.weight", *matrix(WIDTH, INNER)
        yield f"{block}attn_norm.weight", *ones
        yield f"{block}ffn_norm.weight", *ones


def main(path):
    pairs, parts, index, offset = list(settings()), list(tensors()), b"", 0
    for name, shape, numbers in parts:
        index += text(name) + struct.pack("<I", len(shape))
        index += b"".join(struct.pack("<Q", size) for size in shape)
        # Type 0 is 32-bit floats.
        index += struct.pack("<IQ", 0, offset)
        offset += -(-4 * len(numbers) // ALIGNMENT) * ALIGNMENT
    head = b"GGUF" + struct.pack("<IQQ", 3, len(parts), len(pairs))
    for key, kind, value in pairs:
        head += text(key) + struct.pack("<I", kind) + value_of(kind, value)
    with open(path, "wb") as file:
        file.write(head + index)
        for _, _, numbers in parts:
            file.write(bytes(-file.tell() % ALIGNMENT))
            file.write(struct.pack(f"<{len(numbers)}f", *numbers))
        file.write(bytes(-file.tell() % ALIGNMENT))


if __name__ == "__main__":
    main(sys.argv[1])
