#include "CPixels.h"
int feeder_pixels_placeholder(void) { return 0; }
