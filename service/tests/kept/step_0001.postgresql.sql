--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: dbos; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA dbos;


--
-- Name: enqueue_workflow(text, text, json[], json, text, text, text, text, bigint, bigint, text, integer, text, text, text, bigint, text); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION dbos.enqueue_workflow(workflow_name text, queue_name text, positional_args json[] DEFAULT ARRAY[]::json[], named_args json DEFAULT '{}'::json, class_name text DEFAULT NULL::text, config_name text DEFAULT NULL::text, workflow_id text DEFAULT NULL::text, app_version text DEFAULT NULL::text, timeout_ms bigint DEFAULT NULL::bigint, deadline_epoch_ms bigint DEFAULT NULL::bigint, deduplication_id text DEFAULT NULL::text, priority integer DEFAULT NULL::integer, queue_partition_key text DEFAULT NULL::text, authenticated_user text DEFAULT NULL::text, authenticated_roles text DEFAULT NULL::text, delay_until_epoch_ms bigint DEFAULT NULL::bigint, application_name text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_workflow_id TEXT;
    v_serialized_inputs TEXT;
    v_owner_xid TEXT;
    v_now BIGINT;
    v_recovery_attempts INT4 := 0;
    v_priority INT4;
    v_status TEXT;
BEGIN

    -- Validate required parameters
    IF workflow_name IS NULL OR workflow_name = '' THEN
        RAISE EXCEPTION 'Workflow name cannot be null or empty';
    END IF;
    IF queue_name IS NULL OR queue_name = '' THEN
        RAISE EXCEPTION 'Queue name cannot be null or empty';
    END IF;
    IF named_args IS NOT NULL AND jsonb_typeof(named_args::jsonb) != 'object' THEN
        RAISE EXCEPTION 'Named args must be a JSON object';
    END IF;
    IF workflow_id IS NOT NULL AND workflow_id = '' THEN
        RAISE EXCEPTION 'Workflow ID cannot be an empty string if provided.';
    END IF;
    IF delay_until_epoch_ms IS NOT NULL AND delay_until_epoch_ms < 0 THEN
        RAISE EXCEPTION 'delay_until_epoch_ms must be >= 0';
    END IF;

    v_workflow_id := COALESCE(workflow_id, gen_random_uuid()::TEXT);
    v_owner_xid := gen_random_uuid()::TEXT;
    v_priority := COALESCE(priority, 0);
    v_serialized_inputs := json_build_object(
        'positionalArgs', positional_args,
        'namedArgs', named_args
    )::TEXT;
    v_now := EXTRACT(epoch FROM now()) * 1000;
    v_status := CASE WHEN delay_until_epoch_ms IS NULL THEN 'ENQUEUED' ELSE 'DELAYED' END;

    INSERT INTO "dbos".workflow_status (
        workflow_uuid, status,
        name, class_name, config_name,
        queue_name, deduplication_id, priority, queue_partition_key,
        application_version,
        created_at, updated_at, recovery_attempts,
        workflow_timeout_ms, workflow_deadline_epoch_ms,
        parent_workflow_id, owner_xid, serialization,
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    ) VALUES (
        v_workflow_id, v_status,
        workflow_name, class_name, config_name,
        queue_name, deduplication_id, v_priority, queue_partition_key,
        app_version,
        v_now, v_now, v_recovery_attempts,
        timeout_ms, deadline_epoch_ms,
        NULL, v_owner_xid, 'portable_json',
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    )
    ON CONFLICT (workflow_uuid)
    DO UPDATE SET
        updated_at = EXCLUDED.updated_at;

    INSERT INTO "dbos".workflow_input (
        workflow_uuid, inputs, retention_timestamp
    ) VALUES (
        v_workflow_id, v_serialized_inputs, v_now
    )
    ON CONFLICT (workflow_uuid) DO NOTHING;

    RETURN v_workflow_id;

EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION 'DBOS queue duplicated'
            USING DETAIL = format('Workflow %s with queue %s and deduplication ID %s already exists', v_workflow_id, queue_name, deduplication_id),
                ERRCODE = 'unique_violation';
END;
$$;


--
-- Name: notifications_function(); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION dbos.notifications_function() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    payload text := NEW.destination_uuid || '::' || NEW.topic;
BEGIN
    PERFORM pg_notify('dbos_notifications_channel', payload);
    RETURN NEW;
END;
$$;


--
-- Name: send_message(text, json, text, text); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION dbos.send_message(destination_id text, message json, topic text DEFAULT NULL::text, message_id text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_topic TEXT := COALESCE(topic, '__null__topic__');
    v_message_id TEXT := COALESCE(message_id, gen_random_uuid()::TEXT);
BEGIN
    INSERT INTO "dbos".notifications (
        destination_uuid, topic, message, message_uuid, serialization
    ) VALUES (
        destination_id, v_topic, message, v_message_id, 'portable_json'
    )
    ON CONFLICT (message_uuid) DO NOTHING;
EXCEPTION
    WHEN foreign_key_violation THEN
        RAISE EXCEPTION 'DBOS non-existent workflow'
            USING DETAIL = format('Destination workflow %s does not exist', destination_id),
                ERRCODE = 'foreign_key_violation';
END;
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: application_versions; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.application_versions (
    version_id text NOT NULL,
    version_name text NOT NULL,
    version_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_name text
);


--
-- Name: dbos_migrations; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.dbos_migrations (
    version bigint NOT NULL
);


--
-- Name: event_dispatch_kv; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.event_dispatch_kv (
    service_name text NOT NULL,
    workflow_fn_name text NOT NULL,
    key text NOT NULL,
    value text,
    update_seq numeric(38,0),
    update_time numeric(38,15)
);


--
-- Name: notifications; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.notifications (
    message_uuid text DEFAULT gen_random_uuid() NOT NULL,
    destination_uuid text NOT NULL,
    topic text,
    message text NOT NULL,
    created_at_epoch_ms bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    serialization text,
    consumed boolean DEFAULT false NOT NULL,
    consumed_by_function_id integer
);


--
-- Name: operation_outputs; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.operation_outputs (
    workflow_uuid text NOT NULL,
    function_id integer NOT NULL,
    function_name text DEFAULT ''::text NOT NULL,
    output text,
    error text,
    child_workflow_id text,
    started_at_epoch_ms bigint,
    completed_at_epoch_ms bigint,
    serialization text,
    application_name text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);


--
-- Name: queues; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.queues (
    queue_id text DEFAULT (gen_random_uuid())::text NOT NULL,
    name text NOT NULL,
    concurrency integer,
    worker_concurrency integer,
    rate_limit_max integer,
    rate_limit_period_sec double precision,
    priority_enabled boolean DEFAULT false NOT NULL,
    partition_queue boolean DEFAULT false NOT NULL,
    polling_interval_sec double precision DEFAULT 1.0 NOT NULL,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    updated_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_name text,
    partition_concurrency integer,
    partition_worker_concurrency integer,
    partition_rate_limit_max integer,
    partition_rate_limit_period_sec double precision
);


--
-- Name: streams; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.streams (
    workflow_uuid text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    "offset" integer NOT NULL,
    function_id integer DEFAULT 0 NOT NULL,
    serialization text
);


--
-- Name: workflow_events; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_events (
    workflow_uuid text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    serialization text
);


--
-- Name: workflow_events_history; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_events_history (
    workflow_uuid text NOT NULL,
    function_id integer NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    serialization text
);


--
-- Name: workflow_input; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_input (
    workflow_uuid text NOT NULL,
    inputs text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);


--
-- Name: workflow_output; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_output (
    workflow_uuid text NOT NULL,
    output text,
    error text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);


--
-- Name: workflow_schedules; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_schedules (
    schedule_id text NOT NULL,
    schedule_name text NOT NULL,
    workflow_name text NOT NULL,
    workflow_class_name text,
    schedule text NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    context text NOT NULL,
    last_fired_at text,
    automatic_backfill boolean DEFAULT false NOT NULL,
    cron_timezone text,
    queue_name text,
    application_name text
);


--
-- Name: workflow_status; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_status (
    workflow_uuid text NOT NULL,
    status text,
    name text,
    authenticated_user text,
    assumed_role text,
    authenticated_roles text,
    request text,
    output text,
    error text,
    executor_id text,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    updated_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_version text,
    application_id text,
    class_name character varying(255) DEFAULT NULL::character varying,
    config_name character varying(255) DEFAULT NULL::character varying,
    recovery_attempts bigint DEFAULT 0,
    queue_name text,
    workflow_timeout_ms bigint,
    workflow_deadline_epoch_ms bigint,
    inputs text,
    started_at_epoch_ms bigint,
    deduplication_id text,
    priority integer DEFAULT 0 NOT NULL,
    queue_partition_key text,
    forked_from text,
    owner_xid text,
    parent_workflow_id text,
    serialization text,
    delay_until_epoch_ms bigint,
    was_forked_from boolean DEFAULT false NOT NULL,
    rate_limited boolean DEFAULT false NOT NULL,
    completed_at bigint,
    attributes jsonb,
    schedule_name text,
    debounce_deadline_epoch_ms bigint,
    is_debounced boolean DEFAULT false NOT NULL,
    application_name text,
    creator_xid text
);


--
-- Name: attachment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.attachment (
    id character varying(32) NOT NULL,
    transfer_id character varying(32) NOT NULL,
    "position" integer NOT NULL,
    source_id text NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    declared_size_bytes bigint,
    href text NOT NULL,
    originator_type character varying(16) NOT NULL,
    public boolean NOT NULL,
    key character varying(24) NOT NULL,
    target_name text NOT NULL,
    state character varying(16) NOT NULL,
    tries integer NOT NULL,
    attempts integer NOT NULL,
    reason_code character varying(64),
    reason_message text,
    reason_remedy text,
    size_bytes bigint,
    sha256 character varying(64),
    c4c_object_id text,
    retry_at_s double precision
);


--
-- Name: audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit (
    id integer NOT NULL,
    transfer_id character varying(32),
    attachment_id character varying(32),
    at_s double precision NOT NULL,
    actor text NOT NULL,
    action character varying(48) NOT NULL,
    detail text NOT NULL
);


--
-- Name: audit_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.audit_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: audit_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.audit_id_seq OWNED BY public.audit.id;


--
-- Name: engine_lease; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.engine_lease (
    executor_id character varying(128) NOT NULL,
    expires_at_s double precision NOT NULL,
    suspect_at_s double precision
);


--
-- Name: event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.event (
    id integer NOT NULL,
    transfer_id character varying(32) NOT NULL,
    received_at_s double precision NOT NULL,
    round_no integer NOT NULL,
    effect character varying(16) NOT NULL,
    traceparent character varying(55),
    tracestate text
);


--
-- Name: event_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.event_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: event_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.event_id_seq OWNED BY public.event.id;


--
-- Name: ledger_schema; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ledger_schema (
    version integer NOT NULL
);


--
-- Name: ledger_schema_version_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.ledger_schema_version_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: ledger_schema_version_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.ledger_schema_version_seq OWNED BY public.ledger_schema.version;


--
-- Name: purged; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.purged (
    key character varying(64) NOT NULL,
    purged_at_s double precision NOT NULL
);


--
-- Name: refused_credential; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refused_credential (
    digest character varying(64) NOT NULL,
    url text NOT NULL,
    "user" text NOT NULL,
    until_s double precision NOT NULL
);


--
-- Name: sealed_secret; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sealed_secret (
    transfer_id character varying(32) NOT NULL,
    key_id character varying(64) NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    shred_at_s double precision
);


--
-- Name: transfer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.transfer (
    id character varying(32) NOT NULL,
    key character varying(64) NOT NULL,
    caller text NOT NULL,
    contact_id character varying(32) NOT NULL,
    cmi_url text NOT NULL,
    cmi_user text NOT NULL,
    c4c_url text NOT NULL,
    c4c_user text NOT NULL,
    state character varying(16) NOT NULL,
    outcome character varying(24),
    reason_code character varying(64),
    reason_message text,
    reason_remedy text,
    round_no integer NOT NULL,
    tries integer NOT NULL,
    look_again boolean NOT NULL,
    activity_service text,
    activity_set text,
    activity_object_id text,
    created_at_s double precision NOT NULL,
    opened_at_s double precision NOT NULL,
    updated_at_s double precision NOT NULL,
    next_round_at_s double precision
);


--
-- Name: upload_intent; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.upload_intent (
    id integer NOT NULL,
    attachment_id character varying(32) NOT NULL,
    started_at_s double precision NOT NULL,
    deadline_at_s double precision NOT NULL,
    closed_at_s double precision,
    result character varying(16)
);


--
-- Name: upload_intent_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.upload_intent_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: upload_intent_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.upload_intent_id_seq OWNED BY public.upload_intent.id;


--
-- Name: audit id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);


--
-- Name: event id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event ALTER COLUMN id SET DEFAULT nextval('public.event_id_seq'::regclass);


--
-- Name: ledger_schema version; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ledger_schema ALTER COLUMN version SET DEFAULT nextval('public.ledger_schema_version_seq'::regclass);


--
-- Name: upload_intent id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upload_intent ALTER COLUMN id SET DEFAULT nextval('public.upload_intent_id_seq'::regclass);


--
-- Data for Name: application_versions; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.application_versions VALUES ('40067ac5-6dfe-486e-8f04-bd9455831641', '1', 1796009191948, 1796009191948, 'attachment-transfer');


--
-- Data for Name: dbos_migrations; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.dbos_migrations VALUES (125);


--
-- Data for Name: event_dispatch_kv; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: notifications; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: operation_outputs; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000001:1', 1, 'discover', '4MxDipMdPgpkRaH7HAG/YZxBAEMh6U+zt6Rsr6lrRNjW3ZNiolj6', NULL, NULL, 1796009193204, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193287);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000002:1', 1, 'discover', 'zhuV6E1k6Y7g7XeMwXQ7StRe8i9M4XgauFUwdWmnQw3ILIg6XPMrxw8Q5KYnCuZau5XeTf4kBgxFGhjc+jUOmQsjppth5E2wr5RlS4WIEUOoPMumYNStzS9jeDEg7pdB8WPi42r2mT02D2ar', NULL, NULL, 1796009193205, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193451);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000003:1', 1, 'discover', 'ysZ1xe16fjFXL5fLxKHTAY0juB1mOi2E8jEdCgFp0jqjPRQMEWTi84vhcDqc1/T0sSui06VJqsEJ1tmbKsyIl8k1ddjrx9p4kiBL83iaz1QpV2z0urAW9DNo7M1s+N42JmpZ7qyz+98ClpE8', NULL, NULL, 1796009193206, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193491);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000002:1', 2, 'carry_one', 'c6rgvXcIL0HColtvXzYi3Bg9LIGpRLy3u8SnE7WewA86qzpb95oLUCU=', NULL, NULL, 1796009193483, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193764);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000003:1', 2, 'carry_one', 'e8g4q/YzqxyIdLUGAqfjttMlUiEcwrOmopiwxTkKcWr+2Vrcf/28gDy72Oe6LW1uNJ8P', NULL, NULL, 1796009193508, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193776);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000004:1', 1, 'discover', 'G/IuxKsYxNoFlte0es01vMW1j3X9v+Fdqj4qlhJFtTCSQORByNSU5zAzfcsRyrYt0c3A74uGvCjOMtkrWohzwAQEDKIt7O2VXzmw81U2GfzCkGKrqmB4ukW1bxE6o+A2INta7jrI0rcBFvMF', NULL, NULL, 1796009193547, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193885);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000002:1', 3, 'carry_one', 'RvcF1oc8Ch+yqD513mMY9iCmlMqvV/j0WM1ylnyFutkNMrDZMSvvqYg=', NULL, NULL, 1796009193765, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193866);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000003:1', 3, 'settle', '0IhHg3LNkulQLwyjAblqQvocsm1IL80/0cy2DZtCd+E=', NULL, NULL, 1796009193780, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009193932);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000004:1', 2, 'carry_one', 'Hca1t0jh2IdniEKdegl2PS0ap7Kknoi/UW6WxOLrZQVmC5oAoY9UGtITFjF5CnXPzk2KmqM=', NULL, NULL, 1796009193888, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009194254);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000002:1', 4, 'settle', 'Izs/JjLYRGkhcaSIMicZnA+DR7cWw+RgJJKdzgC7adw=', NULL, NULL, 1796009193890, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009194269);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000004:1', 3, 'carry_one', 'zM9lz4BhmIqYWDX/x28JrfVU0w+rAmCFDIx/Yf1uzzK4pWGaYck9V9dLJfLo7zYUASwyrPo=', NULL, NULL, 1796009194284, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009194399);
INSERT INTO dbos.operation_outputs VALUES ('00000000000000000000000000000004:1', 4, 'settle', '/3C/w2NLNGFQTNm+tujUk4vN0T50vv5l99zkLG2P6Fo=', NULL, NULL, 1796009194411, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009194530);
INSERT INTO dbos.operation_outputs VALUES ('0000000000000000000000000000000b:1', 1, 'discover', 'WKPBcpDM2MGdwTrMDm8JBobFpE6K752ePWfvaSSEjh9zfhiPp7BBQ7+OQ350G94ElcjszhtA7snjKutLoizpP7PjxV35+yjDE0GEoi0+Ba92inMUvNMZrLpOpwNUeCcyEOm89fc3ngQdeeKq', NULL, NULL, 1796009194683, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009194761);
INSERT INTO dbos.operation_outputs VALUES ('0000000000000000000000000000000c:1', 1, 'discover', 'aTNgJizAMrmLStbC1r63T/OXeWf8YyJc4BOtS4XHSTdvQkNv+S8xOk1ZMGRCLie4EgFn5pP8PtU5oK/gf7hSTlXIfNuRwjVgSpARq8b3AZlpyIdrtnq95SQN1zlS0i5YRZqABm6VXLOAqraA', NULL, NULL, 1796009194985, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009195078);
INSERT INTO dbos.operation_outputs VALUES ('0000000000000000000000000000000d:1', 1, 'discover', 'o3Q/wz98myB8mvRARTWTpC2rNHyOMLmXJC+/EYKDCM0UTpYw5+T+svjRLOKh2zI3hFR4+BBOop+I0UWbke/OWAhC8/XpRd0NdQaOzOXmfB6EvP/1trxIKfRjKT+abO0tr3YtHlDS7UltOEcs', NULL, NULL, 1796009194986, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009195144);
INSERT INTO dbos.operation_outputs VALUES ('0000000000000000000000000000000d:1', 2, 'carry_one', '3UNOFRWl3gV0q8m+b2iHUvF7GAMKG4xoDQCkBvXHuzs3TnnoRCxyAZQ=', NULL, NULL, 1796009195145, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009195290);
INSERT INTO dbos.operation_outputs VALUES ('0000000000000000000000000000000d:1', 3, 'carry_one', 'wdpMKB5eSfBnrXU4vhMpKun8jZp6pz7V7pH6JWVCNXJokZBXHeFGBpE=', NULL, NULL, 1796009195315, 1700000000000, 'sealed_json_v1', 'attachment-transfer', 1796009195483);


--
-- Data for Name: queues; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.queues VALUES ('cd00b50b-997d-4a50-88aa-082342e9bea5', 'rounds', NULL, 3, NULL, NULL, true, true, 0.05, 1796009191971, 1700000000000, 'attachment-transfer', 3, NULL, NULL, NULL);


--
-- Data for Name: streams; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_events; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_events_history; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_input; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_input VALUES ('00000000000000000000000000000001:1', 'MFNLVEyclx52lGsBTY1jymqkYdNEh5MVbkUrnO/KzOntJq0HFKEhvzJpQerMg7mXYyU5zm3AKP1QVZhWl3mAXA/AT6H0pKYmD0DoiQQVnqEn1lZDFJwguRGhuA==', 1796009191650);
INSERT INTO dbos.workflow_input VALUES ('00000000000000000000000000000002:1', 'Vcn3nhzSuweBCYF29cWSSk1wu6T7Ci6uYvEqcRjIR1w6dURKqD5PYhyOI4ii0KbqalRwdOZ03pYBZ6rG3mLI1l/rlRhxIHPz0gmTaHFOmUV46eX40EWMybQ0/Q==', 1796009191750);
INSERT INTO dbos.workflow_input VALUES ('00000000000000000000000000000003:1', 'vKYySOiNWycfFRjKnLxVsvVNG07eNUPnka4tIRR//SrcdT1fXmisR2XkGE1XPAvXYrk6bJWdUWWzaQSo/yBli+s2HqtQVzwCK4dTMBJfjiiq9/dJVHBv6jtj1w==', 1796009191771);
INSERT INTO dbos.workflow_input VALUES ('00000000000000000000000000000004:1', 'X3QLINsdE+QsFryYTaYeN4GEpe9IS7M7xUIYRn7h0nE3MTP1PkVF3vuSvlqutcfUqa/PA8lLAaaAWygHs2N5rkJsvGJFNOKDD4lqOGLg54VTDYzfMgbXcJ1mPA==', 1796009191857);
INSERT INTO dbos.workflow_input VALUES ('00000000000000000000000000000004:2', '5WjMoOfMcmb2KIcA/iG6nW7WVCHcHMHR2/dDRUAP6ahPWlMSqpKhYLpdlSopWfad7BdE+uvU9eczEZ4gW43i07okRLYJNQV67oBg7ZCp/UprvOgP0sZvg4UwnA==', 1796009194473);
INSERT INTO dbos.workflow_input VALUES ('0000000000000000000000000000000b:1', 'p+wYjNXMJJ6d4f2YbpQi1g6REYUf/86lBTna+N09tD+0GWGzpMhOp6HBHFGit/EoLaTq6ZuwUU5EvnpjEHwykzVZSeMLSy06b0MHMlNvCWW8qsYrd95/ClP3tg==', 1796009194542);
INSERT INTO dbos.workflow_input VALUES ('0000000000000000000000000000000c:1', 'LYeCznkoem1ZS0GMZPleArSpNfhdKVgKD523pXOfVLT0xdCUNhcn+P6P8Z4fGY/eK7P5m9k3lZHFOtkK7yFZdgHuZB1YIqHz4DcPBECAidUW23utGa4/BIW5Mg==', 1796009194556);
INSERT INTO dbos.workflow_input VALUES ('0000000000000000000000000000000d:1', 'kFqWlHVC/D1H2E5YpYuUf2ZN/EKx470SAHVzMST552I3XS+8M5kYdxfAh8HO+xEFEcYm4W/l6fGSS1q3xWOMeaBVWNywSqgjnOvj81PRTjvZNRGzgnGBRBemHA==', 1796009194629);
INSERT INTO dbos.workflow_input VALUES ('00000000000000000000000000000014:1', '9w7/J7QG/+Mw8N1EO6l3stP4pNjYp17gR+2Hud5unkThwSjuz4l52aV11YvDinY6bYY0wa83hhx0tUq1yNeOGsuuSxkBiag7bMK3XCDYZKrESGLTX1f1xNwMZg==', 1796009195631);


--
-- Data for Name: workflow_output; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_output VALUES ('00000000000000000000000000000001:1', 'JmMAiu0fBvUsStARtPtlXa7Ll/2YCn3K23BkiLH9SCg=', NULL, 1796009193329);
INSERT INTO dbos.workflow_output VALUES ('00000000000000000000000000000003:1', '36POeq2Vha/AeDOKYPzfW7Eo6Bmbr23n7WZjVEUc/No=', NULL, 1796009193953);
INSERT INTO dbos.workflow_output VALUES ('00000000000000000000000000000002:1', 'Vx/P8Q9m8+eZgXTeMkJSknMQsbZrBILkgoVOo6z/Gso=', NULL, 1796009194301);
INSERT INTO dbos.workflow_output VALUES ('00000000000000000000000000000004:1', 'sTo1V6zbpnxj0xAfc5zQwgSLYg1GBrVu7m4gB0k3NAo=', NULL, 1796009194558);


--
-- Data for Name: workflow_schedules; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_status; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_status VALUES ('00000000000000000000000000000001:1', 'SUCCESS', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009191650, 1796009193329, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009193152, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, NULL, NULL, 'sealed_json_v1', NULL, false, false, 1796009193329, 'null', NULL, NULL, false, 'attachment-transfer', '3a4f9e9d-ca81-4b95-9113-cdffadc007b4');
INSERT INTO dbos.workflow_status VALUES ('00000000000000000000000000000003:1', 'SUCCESS', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009191771, 1796009193953, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009193152, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, NULL, NULL, 'sealed_json_v1', NULL, false, false, 1796009193953, 'null', NULL, NULL, false, 'attachment-transfer', 'e397becd-2a66-4c1b-bbc0-49d1419e7b83');
INSERT INTO dbos.workflow_status VALUES ('00000000000000000000000000000002:1', 'SUCCESS', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009191750, 1796009194301, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009193152, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, NULL, NULL, 'sealed_json_v1', NULL, false, false, 1796009194301, 'null', NULL, NULL, false, 'attachment-transfer', '5ba2bb3d-b76d-4e54-95d1-b3f478263d0d');
INSERT INTO dbos.workflow_status VALUES ('00000000000000000000000000000004:2', 'DELAYED', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1796009194473, 1796009194473, '1', NULL, NULL, NULL, 0, 'rounds', NULL, NULL, NULL, NULL, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, NULL, NULL, 'sealed_json_v1', 1700000010000, false, false, NULL, 'null', NULL, NULL, false, 'attachment-transfer', 'd47ecf0b-360e-43b2-a24b-de27c7baa14d');
INSERT INTO dbos.workflow_status VALUES ('00000000000000000000000000000004:1', 'SUCCESS', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009191857, 1796009194558, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009193437, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, NULL, NULL, 'sealed_json_v1', NULL, false, false, 1796009194558, 'null', NULL, NULL, false, 'attachment-transfer', 'e36592ac-a822-42f5-9c86-146a432ba7fc');
INSERT INTO dbos.workflow_status VALUES ('0000000000000000000000000000000b:1', 'PENDING', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009194542, 1796009194625, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009194625, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, '32959b9e-bf91-47f4-a2ae-1318b84be4bb', NULL, 'sealed_json_v1', NULL, false, false, NULL, 'null', NULL, NULL, false, 'attachment-transfer', 'f31b60db-e96b-4d34-99bb-7b175e62e3c9');
INSERT INTO dbos.workflow_status VALUES ('0000000000000000000000000000000c:1', 'PENDING', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009194556, 1796009194887, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009194887, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, '4a2e03d3-0af4-4f9f-8f7b-5abe3cf5db57', NULL, 'sealed_json_v1', NULL, false, false, NULL, 'null', NULL, NULL, false, 'attachment-transfer', '4b1e107c-1176-4460-8bc5-1c020054855b');
INSERT INTO dbos.workflow_status VALUES ('0000000000000000000000000000000d:1', 'PENDING', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-of-the-release-before', 1796009194629, 1796009194887, '1', NULL, NULL, NULL, 1, 'rounds', NULL, NULL, NULL, 1796009194887, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, '4a2e03d3-0af4-4f9f-8f7b-5abe3cf5db57', NULL, 'sealed_json_v1', NULL, false, false, NULL, 'null', NULL, NULL, false, 'attachment-transfer', 'c18b94cb-bfa5-4228-b45f-feff418eb41e');
INSERT INTO dbos.workflow_status VALUES ('00000000000000000000000000000014:1', 'ENQUEUED', 'round_v1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1796009195631, 1796009195631, '1', NULL, NULL, NULL, 0, 'rounds', NULL, NULL, NULL, NULL, NULL, 0, 'my2554607.de1.crm.cloud.sap', NULL, NULL, NULL, 'sealed_json_v1', NULL, false, false, NULL, 'null', NULL, NULL, false, 'attachment-transfer', 'fef602de-2d5a-423b-a636-b4c085bd15c5');


--
-- Data for Name: attachment; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.attachment VALUES ('00000000000000000000000000000010', '0000000000000000000000000000000c', 0, 'f1', 'photo-1.png', 'image/png', 609, '/chats/06C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f1', 'customer', false, '2b1cb0b95db1d9b72bea3eb6', 'photo-1.png', 'uploading', 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000005', '00000000000000000000000000000002', 0, 'f1', 'photo-1.png', 'image/png', 609, '/chats/01C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f1', 'customer', false, '7b8360e7ed5d8ef9388c22aa', 'photo-1.png', 'stored', 0, 1, NULL, NULL, NULL, 609, 'a1ecbd13b55405fea1cfb94b2f6b9008b26df3ef30bbaed0b6137afbfaec240d', '00163E00000000000000000000000000', NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000007', '00000000000000000000000000000003', 0, 'f1', 'photo-1.png', 'image/png', 609, '/chats/02C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f1', 'customer', false, 'b4c6dfb46fb4a8a8e08fc1f9', 'photo-1.png', 'parked', 0, 1, 'access-denied', 'C4C answered 403: the service is not ticked in the arrangement, or a right is missing', 'CMI user: Manage Contact History on the queue, and a valid API key. C4C user: tick the OData services in the communication arrangement.', NULL, NULL, NULL, NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000008', '00000000000000000000000000000003', 1, 'f2', 'photo-2.png', 'image/png', 609, '/chats/02C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f2', 'customer', false, 'dbaab448bac7ed5b2c1df442', 'photo-2.png', 'parked', 0, 0, 'access-denied', 'C4C answered 403: the service is not ticked in the arrangement, or a right is missing', 'CMI user: Manage Contact History on the queue, and a valid API key. C4C user: tick the OData services in the communication arrangement.', NULL, NULL, NULL, NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000012', '0000000000000000000000000000000d', 0, 'f1', 'photo-1.png', 'image/png', 609, '/chats/07C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f1', 'customer', false, 'd9bff1d525f7cdba861338cf', 'photo-1.png', 'stored', 0, 1, NULL, NULL, NULL, 609, 'a1ecbd13b55405fea1cfb94b2f6b9008b26df3ef30bbaed0b6137afbfaec240d', '00163E00000000000000000000000003', NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000006', '00000000000000000000000000000002', 1, 'f2', 'photo-2.png', 'image/png', 609, '/chats/01C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f2', 'customer', false, '84adbb2a4f2a5dadceacfa7c', 'photo-2.png', 'stored', 0, 1, NULL, NULL, NULL, 609, '4fce6c1cffa2066082d18e5fdf12980aadfc31c72ea94730b3162643fe93e50f', '00163E00000000000000000000000001', NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000009', '00000000000000000000000000000004', 0, 'f1', 'photo-1.png', 'image/png', 609, '/chats/04C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f1', 'customer', false, 'e53636e68d0575851020dc3c', 'photo-1.png', 'open', 1, 1, 'neighbour-busy', 'C4C: the activity is locked', 'Nothing to do: the transfer waits as long as it was asked to.', NULL, NULL, NULL, 1700000010);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000013', '0000000000000000000000000000000d', 1, 'f2', 'photo-2.png', 'image/png', 609, '/chats/07C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f2', 'customer', false, 'a4378c55e8dce21d9601214e', 'photo-2.png', 'stored', 0, 1, NULL, NULL, NULL, 609, '4fce6c1cffa2066082d18e5fdf12980aadfc31c72ea94730b3162643fe93e50f', '00163E00000000000000000000000004', NULL);
INSERT INTO public.attachment VALUES ('0000000000000000000000000000000a', '00000000000000000000000000000004', 1, 'f2', 'photo-2.png', 'image/png', 609, '/chats/04C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f2', 'customer', false, '7b5096159fcdc2d85ec8705d', 'photo-2.png', 'open', 1, 1, 'neighbour-busy', 'C4C: the activity is locked', 'Nothing to do: the transfer waits as long as it was asked to.', NULL, NULL, NULL, 1700000010);
INSERT INTO public.attachment VALUES ('0000000000000000000000000000000f', '0000000000000000000000000000000b', 1, 'f2', 'photo-2.png', 'image/png', 609, '/chats/05C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f2', 'customer', false, '6e430337980a1c98c46a58d8', 'photo-2.png', 'open', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attachment VALUES ('0000000000000000000000000000000e', '0000000000000000000000000000000b', 0, 'f1', 'photo-1.png', 'image/png', 609, '/chats/05C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f1', 'customer', false, '560402d0f83ef90eb6b70bc2', 'photo-1.png', 'uploading', 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.attachment VALUES ('00000000000000000000000000000011', '0000000000000000000000000000000c', 1, 'f2', 'photo-2.png', 'image/png', 609, '/chats/06C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0/attachments/f2', 'customer', false, '26470b447ee1a824e21da643', 'photo-2.png', 'open', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit VALUES (1, '00000000000000000000000000000001', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (2, '00000000000000000000000000000002', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (3, '00000000000000000000000000000003', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (4, '00000000000000000000000000000004', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (5, '00000000000000000000000000000001', NULL, 1700000000, 'operator', 'cancelled', 'was queued');
INSERT INTO public.audit VALUES (6, '00000000000000000000000000000003', NULL, 1700000000, 'worker', 'round begun', 'round 1');
INSERT INTO public.audit VALUES (7, '00000000000000000000000000000002', NULL, 1700000000, 'worker', 'round begun', 'round 1');
INSERT INTO public.audit VALUES (8, '00000000000000000000000000000004', NULL, 1700000000, 'worker', 'round begun', 'round 1');
INSERT INTO public.audit VALUES (9, '00000000000000000000000000000002', '00000000000000000000000000000005', 1700000000, 'worker', 'stored', 'object 00163E00000000000000000000000000');
INSERT INTO public.audit VALUES (10, '00000000000000000000000000000003', '00000000000000000000000000000007', 1700000000, 'worker', 'parked', 'access-denied');
INSERT INTO public.audit VALUES (11, '00000000000000000000000000000003', '00000000000000000000000000000008', 1700000000, 'worker', 'parked', 'access-denied');
INSERT INTO public.audit VALUES (12, '00000000000000000000000000000002', '00000000000000000000000000000006', 1700000000, 'worker', 'stored', 'object 00163E00000000000000000000000001');
INSERT INTO public.audit VALUES (13, '00000000000000000000000000000003', NULL, 1700000000, 'worker', 'written back', 'round 1, result at CMI');
INSERT INTO public.audit VALUES (14, '00000000000000000000000000000003', NULL, 1700000000, 'worker', 'parked', 'round 1, failed: access-denied');
INSERT INTO public.audit VALUES (15, '00000000000000000000000000000002', NULL, 1700000000, 'worker', 'written back', 'round 1, result at CMI');
INSERT INTO public.audit VALUES (16, '00000000000000000000000000000002', NULL, 1700000000, 'worker', 'settled', 'round 1, stored');
INSERT INTO public.audit VALUES (17, '00000000000000000000000000000004', NULL, 1700000000, 'worker', 'round ended', 'round 1, next in 10 s: neighbour-busy');
INSERT INTO public.audit VALUES (18, '0000000000000000000000000000000b', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (19, '0000000000000000000000000000000c', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (20, '0000000000000000000000000000000b', NULL, 1700000000, 'worker', 'round begun', 'round 1');
INSERT INTO public.audit VALUES (21, '0000000000000000000000000000000d', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');
INSERT INTO public.audit VALUES (22, '0000000000000000000000000000000c', NULL, 1700000000, 'worker', 'round begun', 'round 1');
INSERT INTO public.audit VALUES (23, '0000000000000000000000000000000d', NULL, 1700000000, 'worker', 'round begun', 'round 1');
INSERT INTO public.audit VALUES (24, '0000000000000000000000000000000d', '00000000000000000000000000000012', 1700000000, 'worker', 'stored', 'object 00163E00000000000000000000000003');
INSERT INTO public.audit VALUES (25, '0000000000000000000000000000000d', '00000000000000000000000000000013', 1700000000, 'worker', 'stored', 'object 00163E00000000000000000000000004');
INSERT INTO public.audit VALUES (26, '0000000000000000000000000000000d', NULL, 1700000000, 'worker', 'written back', 'round 1, result at CMI');
INSERT INTO public.audit VALUES (27, '00000000000000000000000000000014', NULL, 1700000000, 'https://login.example/acme#client', 'accepted', 'new, round 1');


--
-- Data for Name: engine_lease; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: event; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.event VALUES (1, '00000000000000000000000000000001', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (2, '00000000000000000000000000000002', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (3, '00000000000000000000000000000003', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (4, '00000000000000000000000000000004', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (5, '0000000000000000000000000000000b', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (6, '0000000000000000000000000000000c', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (7, '0000000000000000000000000000000d', 1700000000, 1, 'new', NULL, NULL);
INSERT INTO public.event VALUES (8, '00000000000000000000000000000014', 1700000000, 1, 'new', NULL, NULL);


--
-- Data for Name: ledger_schema; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.ledger_schema VALUES (1);


--
-- Data for Name: purged; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: refused_credential; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sealed_secret; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sealed_secret VALUES ('00000000000000000000000000000004', 'kept', '\xf11bb1054d417350b5930f089a2934c2882149ee0fd61f7554c3330614df55a50b768e2bd2987a6ca7a4d42b58dcc9571cc96509807a5177a18e9d1d', '\x8131925f8acc0ea50af6bfc3a14e3f5f7eb2b374c4b73d6a794ffba9d92cb2f24ecf1bd3db8c1bdfabc70199b12ac1e5a9579e3b4b188656dbc71b7e86a00dd039e48a76a398c02e9004879cb3b21f5af0df95d5404962f27566c7c49164a3e81c2fb4e7d6d12c16dcaf3303590cf6dab5c8d53d071de3a726db3ec2555d6b32b32867629f79', NULL);
INSERT INTO public.sealed_secret VALUES ('00000000000000000000000000000003', 'kept', '\xdbf4bfd3c46c65ab46b33e64ef9e53f4473c44d3dae89cb274f9042f146b09449242a9a99ef385deea54d93ce8080c5c5cdec100dfc9e7676e872b43', '\xfd5407dae09e6025faa121c15ed2b5aed5578b6f21908b7f94eebd4d000ea8a8d1bc0aa3462338365927cadde4894c7a2adddae9e77c8999462db860c1e8a2e356ca5a9d9ac2945f9766e9a40dccfcf0d8b5f7049a1ae9858315cf16012bd8887d1f0eefbe59858c4d41d092739e298df5ab4107ea19024d12f02c9af0cfa7ae4758603c1cf4', 4853600000);
INSERT INTO public.sealed_secret VALUES ('0000000000000000000000000000000b', 'kept', '\xe8f2fcd83f993e4f563695bc55fd756f00b1ad2729fafd16043fa3e7ff56725c97e96d5493382baf8792aee9ecbe40cc58e8c7b9a3d3bdc8248257e8', '\x8c88078e4a1bceb31939fb76b391cd7d42fcddcff207307ecbc1760b239370475335809f1dff4f72a35617263448307e5c31284f37bd7f20986f900109b9e2219ff4fc309990ce401c2d4b65e013630a978c3f4fea1c58415fb220b4e968658aff6976110201177539477db725fd787b74fe77e6b27980bc2b6d5c382d3700da2bcac55b9e8e', NULL);
INSERT INTO public.sealed_secret VALUES ('0000000000000000000000000000000c', 'kept', '\x54c10dc3abfb2bf94b56ba6caea083b9005aaabef8dcfe2474565ca3b6ab10fd1d928da64784d8c4462a9d416f04a143a1eac4578bb324af4abde663', '\xb8496c15203bd2e4cc1e13b994554f076ec74a119300cbb6b439c199e8f6b9d560c06dfc0428de986166bb9fe19dbb2dac79c6be64563cd0c895a2a4f77f2991374a77b8dc980e9211ba623e810f758e4e6c81853f071b309af2ee99736acfeddc2eb3924765e9769bc5bff11338171d403a196b6961c8c221d36e25af63478002ef632221bb', NULL);
INSERT INTO public.sealed_secret VALUES ('0000000000000000000000000000000d', 'kept', '\x8135f5fc90a210d8164646c147588399a5eddac64aa309871308d51109710288280f1022bef0ab22bcf8f5e8329c0146ad8899ec8bdf49a882409510', '\x43789e278cb716636776ae372526d7baef8c8bf3ae51b04f6ad647b20e962122fd819bda75618c35aecad047c773c907b1053c76407aa565180827b57e1ca11d6160f044986ee9a0d5d8930d1b10f2b4dd6395e4d51026a26d01b1acc828ab2606322d15ffe60b39e7187f9d699ce19ef08069b0d6a1cf227171a6c5e59b5f89d95e0e03aa6b', NULL);
INSERT INTO public.sealed_secret VALUES ('00000000000000000000000000000014', 'kept', '\x834ecaaf9677e1810b82e79d86be9ae1de7e475e93549dbd1f66beb49e5459d7659776420a90cb0566b35df6db57558df05012a8bf2add71685a9c95', '\xd0ade63620bb48ba543485252dbbee94cd8e91e48c195cfdfb0ab3fc8cb5b8857b78df70deead1f137bb616a9dba384c20aa84725b96294139c5429466bf03359cc5c38dce19a254607a606db35c38c9bcc8dc3ca014ff5333bd0dd6d0a1c13820066c44fd27c9ec916fa0a04cbf696f41432a1e6850711ebf1561e26ae7f93dae10ef94d6e0', NULL);


--
-- Data for Name: transfer; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.transfer VALUES ('00000000000000000000000000000001', 'e86d648821a917c1e72c8cabb22eb8dd06d8b266731d60e8dd5f8ec4cb40c0e4', 'https://login.example/acme#client', '03C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'cancelled', 'cancelled', NULL, NULL, NULL, 1, 0, false, NULL, NULL, NULL, 1700000000, 1700000000, 1700000000, NULL);
INSERT INTO public.transfer VALUES ('0000000000000000000000000000000b', 'c90379cb3615534c4d25424e45f45397fbd0f71d50c0f707edddfe954f68c73f', 'https://login.example/acme#client', '05C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'running', NULL, NULL, NULL, NULL, 1, 0, false, 'chatactivity', 'ChatActivityCollection', '00163E05C0DEC0DEC0DEC0DEC0DEC0DE', 1700000000, 1700000000, 1700000000, NULL);
INSERT INTO public.transfer VALUES ('00000000000000000000000000000003', 'd1b7d638a3acbe4c53662671427b477681ca1205fe93380873b1f543b687556e', 'https://login.example/acme#client', '02C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'parked', 'failed', 'access-denied', '2 of 2 attachments parked; first: C4C answered 403: the service is not ticked in the arrangement, or a right is missing', 'CMI user: Manage Contact History on the queue, and a valid API key. C4C user: tick the OData services in the communication arrangement.', 1, 0, false, 'chatactivity', 'ChatActivityCollection', '00163E02C0DEC0DEC0DEC0DEC0DEC0DE', 1700000000, 1700000000, 1700000000, NULL);
INSERT INTO public.transfer VALUES ('00000000000000000000000000000002', '2374d49b36b87883949bdef32480802da33713293ab68a5f20fbd1446625ff61', 'https://login.example/acme#client', '01C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'settled', 'stored', NULL, NULL, NULL, 1, 0, false, 'chatactivity', 'ChatActivityCollection', '00163E01C0DEC0DEC0DEC0DEC0DEC0DE', 1700000000, 1700000000, 1700000000, NULL);
INSERT INTO public.transfer VALUES ('00000000000000000000000000000004', 'ae5005f6363fd74664d04602173448ae34311102569b32e3f7042d6bf3b20e38', 'https://login.example/acme#client', '04C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'waiting', NULL, 'neighbour-busy', 'C4C: the activity is locked', 'Nothing to do: the transfer waits as long as it was asked to.', 2, 0, false, 'chatactivity', 'ChatActivityCollection', '00163E04C0DEC0DEC0DEC0DEC0DEC0DE', 1700000000, 1700000000, 1700000000, 1700000010);
INSERT INTO public.transfer VALUES ('0000000000000000000000000000000c', '0e03d0d73ef1586c8d4353c3111bfd55223e37ea1045ae06e528d84de402dc21', 'https://login.example/acme#client', '06C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'running', NULL, NULL, NULL, NULL, 1, 0, false, 'chatactivity', 'ChatActivityCollection', '00163E06C0DEC0DEC0DEC0DEC0DEC0DE', 1700000000, 1700000000, 1700000000, NULL);
INSERT INTO public.transfer VALUES ('0000000000000000000000000000000d', '6c3ec915e699f59d5e2946d9fadd42e4c1b5aa18d8a8f753eb762fff5b1bb993', 'https://login.example/acme#client', '07C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'running', NULL, NULL, NULL, NULL, 1, 0, false, 'chatactivity', 'ChatActivityCollection', '00163E07C0DEC0DEC0DEC0DEC0DEC0DE', 1700000000, 1700000000, 1700000000, NULL);
INSERT INTO public.transfer VALUES ('00000000000000000000000000000014', '9c8acc7f3ff46c6b40d62dfb6ca19e45b96c09186970152a57a73da4b414e74e', 'https://login.example/acme#client', '08C0DEC0DEC0DEC0DEC0DEC0DEC0DEA0', 'https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi', 'transcript.user', 'https://my2554607.de1.crm.cloud.sap', 'v1user', 'queued', NULL, NULL, NULL, NULL, 1, 0, false, NULL, NULL, NULL, 1700000000, 1700000000, 1700000000, NULL);


--
-- Data for Name: upload_intent; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.upload_intent VALUES (1, '00000000000000000000000000000005', 1700000000, 1700000000, 1700000000, 'stored');
INSERT INTO public.upload_intent VALUES (2, '00000000000000000000000000000007', 1700000000, 1700000090.002436, 1700000000, 'refused');
INSERT INTO public.upload_intent VALUES (3, '00000000000000000000000000000006', 1700000000, 1700000000, 1700000000, 'stored');
INSERT INTO public.upload_intent VALUES (4, '00000000000000000000000000000009', 1700000000, 1700000090.002436, 1700000000, 'refused');
INSERT INTO public.upload_intent VALUES (5, '0000000000000000000000000000000a', 1700000000, 1700000090.002436, 1700000000, 'refused');
INSERT INTO public.upload_intent VALUES (6, '0000000000000000000000000000000e', 1700000000, 1700000090.002436, NULL, NULL);
INSERT INTO public.upload_intent VALUES (7, '00000000000000000000000000000010', 1700000000, 1700000090.002436, NULL, NULL);
INSERT INTO public.upload_intent VALUES (8, '00000000000000000000000000000012', 1700000000, 1700000000, 1700000000, 'stored');
INSERT INTO public.upload_intent VALUES (9, '00000000000000000000000000000013', 1700000000, 1700000000, 1700000000, 'stored');


--
-- Name: audit_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_id_seq', 27, true);


--
-- Name: event_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.event_id_seq', 8, true);


--
-- Name: ledger_schema_version_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.ledger_schema_version_seq', 1, false);


--
-- Name: upload_intent_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.upload_intent_id_seq', 9, true);


--
-- Name: application_versions application_versions_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.application_versions
    ADD CONSTRAINT application_versions_pkey PRIMARY KEY (version_id);


--
-- Name: application_versions application_versions_version_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.application_versions
    ADD CONSTRAINT application_versions_version_name_key UNIQUE (version_name);


--
-- Name: dbos_migrations dbos_migrations_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.dbos_migrations
    ADD CONSTRAINT dbos_migrations_pkey PRIMARY KEY (version);


--
-- Name: event_dispatch_kv event_dispatch_kv_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.event_dispatch_kv
    ADD CONSTRAINT event_dispatch_kv_pkey PRIMARY KEY (service_name, workflow_fn_name, key);


--
-- Name: notifications notifications_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (message_uuid);


--
-- Name: operation_outputs operation_outputs_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.operation_outputs
    ADD CONSTRAINT operation_outputs_pkey PRIMARY KEY (workflow_uuid, function_id);


--
-- Name: queues queues_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.queues
    ADD CONSTRAINT queues_name_key UNIQUE (name);


--
-- Name: queues queues_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (queue_id);


--
-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (workflow_uuid, key, "offset");


--
-- Name: workflow_events_history workflow_events_history_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events_history
    ADD CONSTRAINT workflow_events_history_pkey PRIMARY KEY (workflow_uuid, function_id, key);


--
-- Name: workflow_events workflow_events_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events
    ADD CONSTRAINT workflow_events_pkey PRIMARY KEY (workflow_uuid, key);


--
-- Name: workflow_input workflow_input_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_input
    ADD CONSTRAINT workflow_input_pkey PRIMARY KEY (workflow_uuid);


--
-- Name: workflow_output workflow_output_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_output
    ADD CONSTRAINT workflow_output_pkey PRIMARY KEY (workflow_uuid);


--
-- Name: workflow_schedules workflow_schedules_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_schedules
    ADD CONSTRAINT workflow_schedules_pkey PRIMARY KEY (schedule_id);


--
-- Name: workflow_schedules workflow_schedules_schedule_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_schedules
    ADD CONSTRAINT workflow_schedules_schedule_name_key UNIQUE (schedule_name);


--
-- Name: workflow_status workflow_status_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_status
    ADD CONSTRAINT workflow_status_pkey PRIMARY KEY (workflow_uuid);


--
-- Name: attachment attachment_once_per_transfer; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_once_per_transfer UNIQUE (transfer_id, source_id);


--
-- Name: attachment attachment_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (id);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);


--
-- Name: engine_lease engine_lease_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.engine_lease
    ADD CONSTRAINT engine_lease_pkey PRIMARY KEY (executor_id);


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);


--
-- Name: ledger_schema ledger_schema_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ledger_schema
    ADD CONSTRAINT ledger_schema_pkey PRIMARY KEY (version);


--
-- Name: purged purged_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.purged
    ADD CONSTRAINT purged_pkey PRIMARY KEY (key);


--
-- Name: refused_credential refused_credential_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refused_credential
    ADD CONSTRAINT refused_credential_pkey PRIMARY KEY (digest);


--
-- Name: sealed_secret sealed_secret_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sealed_secret
    ADD CONSTRAINT sealed_secret_pkey PRIMARY KEY (transfer_id);


--
-- Name: transfer transfer_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_key_key UNIQUE (key);


--
-- Name: transfer transfer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (id);


--
-- Name: upload_intent upload_intent_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upload_intent
    ADD CONSTRAINT upload_intent_pkey PRIMARY KEY (id);


--
-- Name: idx_application_versions_owner_timestamp; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_application_versions_owner_timestamp ON dbos.application_versions USING btree (application_name, version_timestamp DESC);


--
-- Name: idx_application_versions_timestamp; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_application_versions_timestamp ON dbos.application_versions USING btree (version_timestamp DESC);


--
-- Name: idx_operation_outputs_completed_at_function_name_v2; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_operation_outputs_completed_at_function_name_v2 ON dbos.operation_outputs USING btree (completed_at_epoch_ms, function_name) INCLUDE (application_name);


--
-- Name: idx_operation_outputs_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_operation_outputs_retention ON dbos.operation_outputs USING btree (retention_timestamp);


--
-- Name: idx_workflow_input_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_input_retention ON dbos.workflow_input USING btree (retention_timestamp);


--
-- Name: idx_workflow_output_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_output_retention ON dbos.workflow_output USING btree (retention_timestamp);


--
-- Name: idx_workflow_status_attributes; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_attributes ON dbos.workflow_status USING gin (attributes) WHERE (attributes IS NOT NULL);


--
-- Name: idx_workflow_status_completed_at; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_completed_at ON dbos.workflow_status USING btree (completed_at) WHERE (completed_at IS NOT NULL);


--
-- Name: idx_workflow_status_deadline; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_deadline ON dbos.workflow_status USING btree (workflow_deadline_epoch_ms) WHERE ((status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text, 'DELAYED'::text])) AND (workflow_deadline_epoch_ms IS NOT NULL));


--
-- Name: idx_workflow_status_delayed; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_delayed ON dbos.workflow_status USING btree (delay_until_epoch_ms) WHERE (status = 'DELAYED'::text);


--
-- Name: idx_workflow_status_failed; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_failed ON dbos.workflow_status USING btree (status, created_at) WHERE (status = ANY (ARRAY['ERROR'::text, 'CANCELLED'::text, 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'::text]));


--
-- Name: idx_workflow_status_forked_from; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_forked_from ON dbos.workflow_status USING btree (forked_from) WHERE (forked_from IS NOT NULL);


--
-- Name: idx_workflow_status_in_flight_v2; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_in_flight_v2 ON dbos.workflow_status USING btree (queue_name, status, priority, created_at) INCLUDE (application_name) WHERE (status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text]));


--
-- Name: idx_workflow_status_parent_workflow_id; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_parent_workflow_id ON dbos.workflow_status USING btree (parent_workflow_id) WHERE (parent_workflow_id IS NOT NULL);


--
-- Name: idx_workflow_status_partition_dequeue_v3; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_partition_dequeue_v3 ON dbos.workflow_status USING btree (queue_name, status, queue_partition_key, priority, created_at, workflow_uuid) INCLUDE (application_name) WHERE ((status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text])) AND (queue_partition_key IS NOT NULL));


--
-- Name: idx_workflow_status_pending; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_pending ON dbos.workflow_status USING btree (created_at) WHERE (status = 'PENDING'::text);


--
-- Name: idx_workflow_status_rate_limited; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_rate_limited ON dbos.workflow_status USING btree (queue_name, started_at_epoch_ms) WHERE (rate_limited = true);


--
-- Name: idx_workflow_status_schedule_name; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_schedule_name ON dbos.workflow_status USING btree (schedule_name) WHERE (schedule_name IS NOT NULL);


--
-- Name: idx_workflow_status_started_at; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_started_at ON dbos.workflow_status USING btree (started_at_epoch_ms) WHERE (started_at_epoch_ms IS NOT NULL);


--
-- Name: idx_workflow_topic; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_topic ON dbos.notifications USING btree (destination_uuid, topic);


--
-- Name: uq_application_versions_owner_version; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX uq_application_versions_owner_version ON dbos.application_versions USING btree (application_name, version_name) WHERE (application_name IS NOT NULL);


--
-- Name: uq_application_versions_unclaimed_version; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX uq_application_versions_unclaimed_version ON dbos.application_versions USING btree (version_name) WHERE (application_name IS NULL);


--
-- Name: uq_workflow_status_dedup_id; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX uq_workflow_status_dedup_id ON dbos.workflow_status USING btree (queue_name, deduplication_id) WHERE (deduplication_id IS NOT NULL);


--
-- Name: workflow_status_created_at_index; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX workflow_status_created_at_index ON dbos.workflow_status USING btree (created_at);


--
-- Name: ix_attachment_transfer_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_attachment_transfer_id ON public.attachment USING btree (transfer_id);


--
-- Name: ix_audit_transfer_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_transfer_id ON public.audit USING btree (transfer_id);


--
-- Name: ix_event_transfer_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_event_transfer_id ON public.event USING btree (transfer_id);


--
-- Name: ix_purged_purged_at_s; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_purged_purged_at_s ON public.purged USING btree (purged_at_s);


--
-- Name: ix_upload_intent_attachment_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_upload_intent_attachment_id ON public.upload_intent USING btree (attachment_id);


--
-- Name: transfer_by_contact; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX transfer_by_contact ON public.transfer USING btree (contact_id);


--
-- Name: transfer_by_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX transfer_by_state ON public.transfer USING btree (state, updated_at_s);


--
-- Name: transfer_by_tenant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX transfer_by_tenant ON public.transfer USING btree (state, c4c_url, opened_at_s);


--
-- Name: notifications dbos_notifications_trigger; Type: TRIGGER; Schema: dbos; Owner: -
--

CREATE TRIGGER dbos_notifications_trigger AFTER INSERT ON dbos.notifications FOR EACH ROW EXECUTE FUNCTION dbos.notifications_function();


--
-- Name: notifications notifications_destination_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.notifications
    ADD CONSTRAINT notifications_destination_uuid_fkey FOREIGN KEY (destination_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: streams streams_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.streams
    ADD CONSTRAINT streams_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: workflow_events_history workflow_events_history_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events_history
    ADD CONSTRAINT workflow_events_history_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: workflow_events workflow_events_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events
    ADD CONSTRAINT workflow_events_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: attachment attachment_transfer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.transfer(id) ON DELETE CASCADE;


--
-- Name: audit audit_transfer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.transfer(id) ON DELETE CASCADE;


--
-- Name: event event_transfer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.transfer(id) ON DELETE CASCADE;


--
-- Name: sealed_secret sealed_secret_transfer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sealed_secret
    ADD CONSTRAINT sealed_secret_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.transfer(id) ON DELETE CASCADE;


--
-- Name: upload_intent upload_intent_attachment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upload_intent
    ADD CONSTRAINT upload_intent_attachment_id_fkey FOREIGN KEY (attachment_id) REFERENCES public.attachment(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


