import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The independent reader: Kafka's own consumer, read_committed, from the first to the last offset of a topic. Prints
 * one line per record, `partition TAB offset TAB timestamp TAB key TAB value`, then `END <records>`, or fails when an
 * open transaction keeps the end out of reach.
 */
public final class ReadCommitted {
  private static final long DEADLINE_MS = 120_000;

  public static void main(String[] args) throws Exception {
    String brokers = args[0];
    String topic = args[1];
    Properties config = new Properties();
    config.put("bootstrap.servers", brokers);
    config.put("isolation.level", "read_committed");
    config.put("auto.offset.reset", "earliest");
    config.put("enable.auto.commit", "false");
    config.put("max.poll.records", "20000");
    Properties uncommitted = new Properties();
    uncommitted.putAll(config);
    uncommitted.put("isolation.level", "read_uncommitted");
    var out = new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);
    long records = 0;
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        var raw = new KafkaConsumer<>(uncommitted, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).collect(Collectors.toList());
      // The real high watermark, not the last stable offset: a transaction left open must show as a failure.
      Map<TopicPartition, Long> end = raw.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long deadline = System.currentTimeMillis() + DEADLINE_MS;
      while (!atEnd(consumer, end)) {
        if (System.currentTimeMillis() > deadline) {
          System.err.println("a transaction is left open: the end was not reached: " + end + " " + positions(consumer, end));
          System.exit(3);
        }
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
          out.print(record.partition() + "\t" + record.offset() + "\t" + record.timestamp() + "\t" + record.key() + "\t" + record.value() + "\n");
          records++;
        }
      }
    }
    out.print("END " + records + "\n");
    out.flush();
  }

  private static boolean atEnd(KafkaConsumer<String, String> consumer, Map<TopicPartition, Long> end) {
    return end.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
  }

  private static Map<TopicPartition, Long> positions(KafkaConsumer<String, String> consumer, Map<TopicPartition, Long> end) {
    Map<TopicPartition, Long> positions = new HashMap<>();
    end.keySet().forEach(p -> positions.put(p, consumer.position(p)));
    return positions;
  }
}
