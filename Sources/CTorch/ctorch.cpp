#include "CTorch.h"
#include <ATen/ATen.h>
extern "C" int ct_placeholder(void) { return (int)at::zeros({2}).numel(); }
