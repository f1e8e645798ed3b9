int feeder_pixels_placeholder(void);
