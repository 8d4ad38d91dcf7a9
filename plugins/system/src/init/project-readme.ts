/** The README of a new project: the way from the sample data to a monitored model. */
export const projectReadme = (name: string): string => `# ${name}

A [Trestle](https://github.com/trestle-ml/trestle) project. \`data/customers.csv\` is made up: 800 customers of a product,
and whether they cancelled (\`churned\`).

## From data to a model that answers
\`\`\`sh
trestle data add data/customers.csv --name customers     # an immutable version, customers@1
trestle data profile customers                           # what is in each column
trestle train --data customers --target churned --exclude customer --time-column signed_up --register churn
trestle model promote churn 1 --alias champion
trestle deploy churn@champion --name churn
trestle serve                                            # prints its address
\`\`\`

Then, from another terminal:
\`\`\`sh
curl -s localhost:7070/v1/predict/churn -H 'content-type: application/json' -d '{"rows": [
  {"plan": "free", "country": "DE", "seats": 1, "hours_per_week": 1.5, "tickets": 3, "discount": false}
]}'
\`\`\`

## Looking further
\`\`\`sh
trestle trace churn@champion        # the model, its run, the dataset version and the file
trestle monitor status churn        # traffic and health
trestle monitor drift churn         # does live traffic look like the training data?
trestle audit log                   # who did what
trestle doctor                      # is everything in order?
\`\`\`

State lives in \`.trestle/\`; it is safe to copy while nothing runs. Settings are in \`trestle.config.ts\`.
`;
