"""Writes the same tensors with torch.save in all its protocols, and as safetensors.

    python make_torch.py     (torch, safetensors)

protocol-N.bin for N = 2 to 5; legacy.bin as before PyTorch 1.6; expected.safetensors: float32 of what
is read, row by row.
"""

import os
from collections import OrderedDict

import torch
from safetensors.torch import save_file

FOLDER = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)
whole = torch.randn(4, 6)
tensors = OrderedDict(
    single=torch.randn(3, 5),
    half=torch.randn(2, 7).half(),
    brain=torch.randn(5).bfloat16(),
    double=torch.randn(2, 3, dtype=torch.float64),
    parameter=torch.nn.Parameter(torch.randn(3, 2)),
    whole=whole,
    rows=whole[1:3],
    columns=whole[:, 2:5],
    transposed=whole.t(),
    permuted=torch.randn(2, 3, 4).permute(2, 0, 1),
    transposed_half=torch.randn(3, 2).half().t(),
    again=whole,
    number=torch.tensor(2.5),
    empty=torch.empty(0, 4),
    mask=torch.tensor([True, False]),
    places=torch.arange(3),
)
# As the state dict of a module has it.
tensors._metadata = OrderedDict({"": {"version": 1}, "layer": {"version": 2}})
for protocol in range(2, 6):
    torch.save(tensors, os.path.join(FOLDER, f"protocol-{protocol}.bin"), pickle_protocol=protocol)
torch.save(
    {"a": torch.ones(2)}, os.path.join(FOLDER, "legacy.bin"),
    _use_new_zipfile_serialization=False)
save_file(
    {name: tensor.detach().float().clone().contiguous() for name, tensor in tensors.items()
     if tensor.is_floating_point()},
    os.path.join(FOLDER, "expected.safetensors"))
