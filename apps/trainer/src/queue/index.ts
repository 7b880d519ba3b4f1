/** @file Encoding by many workers: runs of pictures in a queue, who puts them and who works on them. */
export { type QueueAddress, readQueueAddress } from './address.ts';
export { type OpenQueue, openQueue } from './connection.ts';
export { cancelRun, pauseQueue, type QueueStatus, queueStatus, retryPoison } from './control.ts';
export type { PictureRef, Poison, Run, Source } from './job.ts';
export { type ProduceOptions, produce } from './produce.ts';
export { tellRedis } from './redis.ts';
export type { RunProgress } from './runs.ts';
export { bucketPictures, isBucket } from './sources/bucket.ts';
export { type RunPictures, runPictures } from './sources/pictures.ts';
export { openSink, type Sink } from './store.ts';
export { type RunningWorker, startWorker, type WorkerEvent, type WorkerOptions } from './work.ts';
