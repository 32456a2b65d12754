"""The voice's own program: sentences from standard input, their sound to standard output, and gone.

    python -m node.speech.voice_process

It reads what people wrote, in libraries of C. What it says goes out as it is said, as MP3: the one
form that all browsers play, and a twentieth of the bytes of the bare sound.
"""

import json
import os
import sys

from node.errand import confine
from node.speech.voice import NOT_HERE

MEMORY_BYTES_MAX = 640 << 20
"""Of addresses; the dictionary is among them, and mapped from its file."""
CPU_SECONDS_MAX = 90
_KILOBITS_A_SECOND = 32
_SAMPLES_A_SECOND = 24_000
"""Of what goes out: all of the voice that a small loudspeaker gives back."""


def main() -> int:
    """Exit 3 where a library is missing."""
    confine(memory_bytes=MEMORY_BYTES_MAX, cpu_seconds=CPU_SECONDS_MAX)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries remark is no sound
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread's memory would count
    try:
        import lameenc

        from node.speech import engine
    except ImportError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return NOT_HERE
    asked = json.load(sys.stdin.buffer)
    speed = engine.SLOW if asked["slow"] else engine.USUAL
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(engine.SAMPLES_A_SECOND)
    encoder.set_out_sample_rate(_SAMPLES_A_SECOND)
    encoder.set_bit_rate(_KILOBITS_A_SECOND)
    for sentence in asked["sentences"]:
        out.write(encoder.encode(engine.sound(engine.wording(sentence), speed)))
        out.flush()
    out.write(encoder.flush())
    out.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
