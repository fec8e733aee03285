"""`requantise.py FROM TO` writes the weights in Q4_0, from what they dequantise to, with llama.cpp's own defaults."""

import sys

import llama_cpp

source, target = (path.encode() for path in sys.argv[1:])
parameters = llama_cpp.llama_model_quantize_default_params()
parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0
parameters.allow_requantize = True
if llama_cpp.llama_model_quantize(source, target, parameters) != 0:
    sys.exit("llama.cpp refused the weights")
