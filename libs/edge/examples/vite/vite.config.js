/** The worker has chunks of its own; while developing, its address must stay where the package has it. */
export default {
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['@dqn/edge'] },
};
