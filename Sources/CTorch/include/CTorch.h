#ifndef FEEDER_CTORCH_H
#define FEEDER_CTORCH_H
#ifdef __cplusplus
extern "C" {
#endif
int ct_placeholder(void);
#ifdef __cplusplus
}
#endif
#endif
