"""Writes events.tfevents as TensorBoard's own writer does, for EventFileTests: same records, byte for byte.

    pip install tensorboard==2.21.0
    python make_events.py
"""
import os

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

steps = [
    (0, {"held_out/accuracy": 0.5, "held_out/within": 0.25, "held_out/between": -0.125}),
    (1, {"loss/total": 1.5, "loss/contrastive": 1.0, "loss/kl": 0.0, "loss/retain": 0.5,
         "step/learning_rate": 0.0009765625, "step/gradient_norm": 3.0, "step/seconds": 2.5}),
    (300, {"loss/total": float("inf"), "loss/contrastive": 1e30, "loss/kl": 0.0, "loss/retain": 0.0,
           "step/learning_rate": 0.0, "step/seconds": 2.5}),
]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.tfevents"), "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=1000.5, file_version="brain.Event:2").SerializeToString())
    for step, scalars in steps:
        summary = Summary(
            value=[Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()])
        writer.write(Event(wall_time=1000.5, step=step, summary=summary).SerializeToString())
