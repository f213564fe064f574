import type { Provider } from '../core/scheme/provider.ts';
import { adobe } from './adobe.ts';
import { adyenPayments } from './adyen-payments.ts';
import { adyenPlatform } from './adyen-platform.ts';
import { asana } from './asana.ts';
import { awsSns } from './aws-sns.ts';
import { bitbucket } from './bitbucket.ts';
import { box } from './box.ts';
import { braintree } from './braintree.ts';
import { calendly } from './calendly.ts';
import { checkoutCom } from './checkout-com.ts';
import { circleci } from './circleci.ts';
import { clerk } from './clerk.ts';
import { cloudinary } from './cloudinary.ts';
import { coinbaseCommerce } from './coinbase-commerce.ts';
import { contentful } from './contentful.ts';
import { discord } from './discord.ts';
import { docusign } from './docusign.ts';
import { dropbox } from './dropbox.ts';
import { dropboxSign } from './dropbox-sign.ts';
import { easypost } from './easypost.ts';
import { ebay } from './ebay.ts';
import { elevenlabs } from './elevenlabs.ts';
import { fingerprint } from './fingerprint.ts';
import { front } from './front.ts';
import { github } from './github.ts';
import { gitlabSigningToken } from './gitlab-signing-token.ts';
import { gitlabToken } from './gitlab-token.ts';
import { gocardless } from './gocardless.ts';
import { hubspotV1 } from './hubspot-v1.ts';
import { hubspotV2 } from './hubspot-v2.ts';
import { hubspotV3 } from './hubspot-v3.ts';
import { inkress } from './inkress.ts';
import { intercom } from './intercom.ts';
import { jira } from './jira.ts';
import { kontent } from './kontent.ts';
import { lemonsqueezy } from './lemonsqueezy.ts';
import { line } from './line.ts';
import { linear } from './linear.ts';
import { liveblocks } from './liveblocks.ts';
import { livekit } from './livekit.ts';
import { mailgun } from './mailgun.ts';
import { mercadopago } from './mercadopago.ts';
import { messagebird } from './messagebird.ts';
import { meta } from './meta.ts';
import { microsoftGraph } from './microsoft-graph.ts';
import { modernTreasury } from './modern-treasury.ts';
import { monday } from './monday.ts';
import { mux } from './mux.ts';
import { notion } from './notion.ts';
import { nylas } from './nylas.ts';
import { okta } from './okta.ts';
import { onfido } from './onfido.ts';
import { openai } from './openai.ts';
import { orb } from './orb.ts';
import { paddle } from './paddle.ts';
import { pagerduty } from './pagerduty.ts';
import { paypal } from './paypal.ts';
import { plaid } from './plaid.ts';
import { plivoV3 } from './plivo-v3.ts';
import { polar } from './polar.ts';
import { postmark } from './postmark.ts';
import { razorpay } from './razorpay.ts';
import { replicate } from './replicate.ts';
import { resend } from './resend.ts';
import { retell } from './retell.ts';
import { sanity } from './sanity.ts';
import { scalekit } from './scalekit.ts';
import { scalekitDocManualTV1 } from './scalekit-doc-manual-t-v1.ts';
import { scalekitDocXScalekitSignature } from './scalekit-doc-x-scalekit-signature.ts';
import { scalekitInterceptor } from './scalekit-interceptor.ts';
import { sendgrid } from './sendgrid.ts';
import { sentry } from './sentry.ts';
import { shopify } from './shopify.ts';
import { skribby } from './skribby.ts';
import { slack } from './slack.ts';
import { square } from './square.ts';
import { anyStandardWebhooks } from './standard-webhooks.ts';
import { standardWebhooksV1a } from './standard-webhooks-v1a.ts';
import { stripe } from './stripe.ts';
import { svix } from './svix.ts';
import { svixBrandedAsWebhook } from './svix-branded-as-webhook.ts';
import { telegram } from './telegram.ts';
import { telnyx } from './telnyx.ts';
import { trello } from './trello.ts';
import { twilio } from './twilio.ts';
import { twilioJson } from './twilio-json.ts';
import { twitch } from './twitch.ts';
import { typeform } from './typeform.ts';
import { upstashQstash } from './upstash-qstash.ts';
import { vercel } from './vercel.ts';
import { webflow } from './webflow.ts';
import { wise } from './wise.ts';
import { woocommerce } from './woocommerce.ts';
import { workos } from './workos.ts';
import { xTwitter } from './x-twitter.ts';
import { xero } from './xero.ts';
import { zendesk } from './zendesk.ts';
import { zoom } from './zoom.ts';

const all: readonly Provider[] = [
  adobe,
  adyenPayments,
  adyenPlatform,
  asana,
  awsSns,
  bitbucket,
  box,
  braintree,
  calendly,
  checkoutCom,
  circleci,
  clerk,
  cloudinary,
  coinbaseCommerce,
  contentful,
  discord,
  docusign,
  dropbox,
  dropboxSign,
  easypost,
  ebay,
  elevenlabs,
  fingerprint,
  front,
  github,
  gitlabSigningToken,
  gitlabToken,
  gocardless,
  hubspotV1,
  hubspotV2,
  hubspotV3,
  inkress,
  intercom,
  jira,
  kontent,
  lemonsqueezy,
  line,
  linear,
  liveblocks,
  livekit,
  mailgun,
  mercadopago,
  messagebird,
  meta,
  microsoftGraph,
  modernTreasury,
  monday,
  mux,
  notion,
  nylas,
  okta,
  onfido,
  openai,
  orb,
  paddle,
  pagerduty,
  paypal,
  plaid,
  plivoV3,
  polar,
  postmark,
  razorpay,
  replicate,
  resend,
  retell,
  sanity,
  scalekit,
  scalekitDocManualTV1,
  scalekitDocXScalekitSignature,
  scalekitInterceptor,
  sendgrid,
  sentry,
  shopify,
  skribby,
  slack,
  square,
  anyStandardWebhooks,
  standardWebhooksV1a,
  stripe,
  svix,
  svixBrandedAsWebhook,
  telegram,
  telnyx,
  trello,
  twilio,
  twilioJson,
  twitch,
  typeform,
  upstashQstash,
  vercel,
  webflow,
  wise,
  woocommerce,
  workos,
  xTwitter,
  xero,
  zendesk,
  zoom,
];

/** Every provider by name. A test holds this list against the files of this folder. */
export const providers: ReadonlyMap<string, Provider> = new Map(all.map((provider) => [provider.name, provider]));
