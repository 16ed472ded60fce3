import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.apicurio.registry.serde.SerdeConfig;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerdeConfig;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.avro.DefaultAvroDatumProvider;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * A program that is not TimeOff's: it knows the topics and its own copy of the schemas, and talks to Kafka through
 * Kafka's Java client and the serialisers of the schema registry's makers.
 *
 * <pre>
 * produce BOOTSTRAP REGISTRY TOPIC   a record for each line of standard input:
 *     {"partition", "key": text, "schema": file, "value": {…as Avro's JSON…}}, or
 *     {"partition", "rawKey": base64, "rawValue": base64}   as it is
 *   → {"partition", "offset"} a record
 * read BOOTSTRAP REGISTRY TOPIC SCHEMA.avsc COUNT   the first COUNT records, understood with SCHEMA
 *   → {"partition", "offset", "key", "value"} a record
 * read-raw BOOTSTRAP TOPIC COUNT   the first COUNT records as they are
 *   → {"partition", "offset", "key": base64, "value": base64, "headers": {name: text}} a record
 * </pre>
 */
public final class ForeignClient {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String READER_SCHEMA = "foreign.reader.schema";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "produce" -> produce(args[1], args[2], args[3]);
            case "read" -> read(args[1], args[2], args[3], schema(args[4]), Integer.parseInt(args[5]));
            case "read-raw" -> readRaw(args[1], args[2], Integer.parseInt(args[3]));
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static void produce(String bootstrap, String registry, String topic) throws Exception {
        Map<String, Object> avro = avro(bootstrap, registry);
        avro.put("key.serializer", AvroKafkaSerializer.class);
        avro.put("value.serializer", AvroKafkaSerializer.class);
        Map<String, Object> raw = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
        raw.put("key.serializer", ByteArraySerializer.class);
        raw.put("value.serializer", ByteArraySerializer.class);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (KafkaProducer<String, GenericRecord> avroProducer = new KafkaProducer<>(avro);
                KafkaProducer<byte[], byte[]> rawProducer = new KafkaProducer<>(raw)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                JsonNode record = JSON.readTree(line);
                int partition = record.get("partition").intValue();
                RecordMetadata metadata;
                if (record.has("rawValue")) {
                    byte[] key = record.get("rawKey").binaryValue();
                    byte[] value = record.get("rawValue").binaryValue();
                    metadata = rawProducer.send(new ProducerRecord<>(topic, partition, key, value)).get();
                } else {
                    String key = record.get("key").textValue();
                    GenericRecord value = fromJson(schema(record.get("schema").textValue()), record.get("value"));
                    metadata = avroProducer.send(new ProducerRecord<>(topic, partition, key, value)).get();
                }
                OUT.println(position(metadata.partition(), metadata.offset()));
            }
        }
    }

    private static void read(String bootstrap, String registry, String topic, Schema schema, int count)
            throws IOException {
        Map<String, Object> config = avro(bootstrap, registry);
        config.put(AvroKafkaSerdeConfig.AVRO_DATUM_PROVIDER, WithOwnSchema.class);
        config.put(READER_SCHEMA, schema);
        Deserializer<CharSequence> keys = new AvroKafkaDeserializer<>();
        keys.configure(config, true);
        Deserializer<GenericRecord> values = new AvroKafkaDeserializer<>();
        values.configure(config, false);
        try (KafkaConsumer<CharSequence, GenericRecord> consumer = new KafkaConsumer<>(consumer(bootstrap), keys, values)) {
            for (ConsumerRecord<CharSequence, GenericRecord> record : first(consumer, topic, count)) {
                ObjectNode line = position(record.partition(), record.offset());
                line.put("key", record.key().toString());
                line.set("value", toJson(record.value()));
                OUT.println(line);
            }
        }
    }

    private static void readRaw(String bootstrap, String topic, int count) {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumer(bootstrap), bytes, bytes)) {
            for (ConsumerRecord<byte[], byte[]> record : first(consumer, topic, count)) {
                ObjectNode line = position(record.partition(), record.offset());
                line.put("key", base64(record.key()));
                line.put("value", base64(record.value()));
                ObjectNode headers = line.putObject("headers");
                for (Header header : record.headers()) {
                    headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
                }
                OUT.println(line);
            }
        }
    }

    /** The first records of a topic, partition by partition, once there are {@code count} of them. */
    private static <K, V> List<ConsumerRecord<K, V>> first(KafkaConsumer<K, V> consumer, String topic, int count) {
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        List<ConsumerRecord<K, V>> records = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(records.size() + " records instead of " + count + " in " + topic);
            }
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        }
        records.sort(Comparator.<ConsumerRecord<K, V>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return records;
    }

    /** Confluent's framing: a zero byte and the registry's id of the schema's content in four bytes, no headers. */
    private static Map<String, Object> avro(String bootstrap, String registry) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put(SerdeConfig.REGISTRY_URL, registry);
        config.put(SerdeConfig.ENABLE_CONFLUENT_ID_HANDLER, true);
        config.put(SerdeConfig.USE_ID, "contentId");
        config.put(SerdeConfig.ENABLE_HEADERS, false);
        config.put(SerdeConfig.AUTO_REGISTER_ARTIFACT, true);
        return config;
    }

    private static Map<String, Object> consumer(String bootstrap) {
        return Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed");
    }

    private static Schema schema(String file) throws IOException {
        return new Schema.Parser().parse(Path.of(file).toFile());
    }

    private static GenericRecord fromJson(Schema schema, JsonNode json) throws IOException {
        return new GenericDatumReader<GenericRecord>(schema)
                .read(null, DecoderFactory.get().jsonDecoder(schema, json.toString()));
    }

    private static JsonNode toJson(GenericRecord record) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        JsonEncoder encoder = EncoderFactory.get().jsonEncoder(record.getSchema(), text);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        encoder.flush();
        return JSON.readTree(text.toByteArray());
    }

    private static ObjectNode position(int partition, long offset) {
        return JSON.createObjectNode().put("partition", partition).put("offset", offset);
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    /** Reads records with the program's own schema, whatever they were written with. */
    public static final class WithOwnSchema<T> extends DefaultAvroDatumProvider<T> {
        private Schema schema;

        @Override
        public void configure(AvroKafkaSerdeConfig config) {
            super.configure(config);
            schema = (Schema) config.originals().get(READER_SCHEMA);
        }

        @Override
        public DatumReader<T> createDatumReader(Schema writer) {
            return new GenericDatumReader<>(writer, writer.getType() == Schema.Type.RECORD ? schema : writer);
        }
    }
}
