import { randomInt } from 'node:crypto';
import { secretArn } from '../secrets-manager/arn.ts';
import {
  noteKey,
  object,
  physicalName,
  type Place,
  type Resource,
  type ResourceType,
} from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'Name');
const arnOf = (resource: Resource, place: Place) => secretArn(place, nameOf(resource, place));

export const secret: ResourceType = {
  type: 'AWS::SecretsManager::Secret',
  ref: arnOf,
  attributes: { Id: arnOf },
  add: (resource, place, desired) => {
    const { SecretString, GenerateSecretString, Description, KmsKeyId } = resource.properties;
    noteKey(desired, place, arnOf(resource, place), KmsKeyId);
    desired.secrets.push({
      name: nameOf(resource, place),
      ...(typeof Description === 'string' && { description: Description }),
      value: () => {
        if (typeof SecretString === 'string') return SecretString;
        return GenerateSecretString === undefined ? undefined : generate(object(GenerateSecretString));
      },
    });
  },
};

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
function generate(options: Readonly<Record<string, unknown>>): string {
  const excluded = typeof options['ExcludeCharacters'] === 'string' ? options['ExcludeCharacters'] : '';
  const sets = [
    options['ExcludeLowercase'] === true ? '' : LOWERCASE,
    options['ExcludeUppercase'] === true ? '' : LOWERCASE.toUpperCase(),
    options['ExcludeNumbers'] === true ? '' : '0123456789',
    options['ExcludePunctuation'] === true ? '' : PUNCTUATION,
    options['IncludeSpace'] === true ? ' ' : '',
  ];
  const letters = [...sets.join('')].filter((letter) => !excluded.includes(letter));
  const length = Number(options['PasswordLength'] ?? 32);
  const password = Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
  const { SecretStringTemplate: template, GenerateStringKey: key } = options;
  if (typeof template !== 'string' || typeof key !== 'string') return password;
  return JSON.stringify({ ...(JSON.parse(template) as Record<string, unknown>), [key]: password });
}
