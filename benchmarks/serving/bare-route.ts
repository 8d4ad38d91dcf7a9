import process from 'node:process';
import fastify from 'fastify';

// A route that parses and answers JSON of the size of a prediction, and does nothing: `node bare-route.ts`.
const app = fastify();
app.post('/v1/predict/churn', async () => ({
  id: 'p-0192f0c1a2b3c4d5e6f70819',
  model: { name: 'churn', version: 1 },
  predictions: [
    {
      label: 'false',
      probability: 0.19107820093631744,
      probabilities: { false: 0.8089217990636826, true: 0.19107820093631744 },
    },
  ],
}));
process.stdout.write(`Listening on ${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
