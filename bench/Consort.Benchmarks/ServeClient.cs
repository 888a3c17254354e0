using System.Diagnostics;
using System.Net.Sockets;

namespace Consort.Benchmarks;

/// <summary>What a client has seen.</summary>
internal readonly record struct ServeResult(long Requests, double PerSecond, double P50, double P99, long Failed);

/// <summary>
/// Sends requests over connections that stay open, one at a time on each, by sockets of its own: HttpClient would take more of the machine
/// than the server.
/// </summary>
internal sealed class ServeClient(Uri address, byte[][] requests, int connections)
{
    /// <summary>Sends requests for a while: at a rate, or each as soon as the one before is answered.</summary>
    public ServeResult Run(int seconds, int? rate)
    {
        var latencies = new List<double>[connections];
        var failed = new long[connections];
        var start = Stopwatch.GetTimestamp();
        var threads = new Thread[connections];
        for (var c = 0; c < connections; c++)
        {
            var connection = c;
            threads[c] = new Thread(() => (latencies[connection], failed[connection]) =
                Connection(connection, start, seconds, rate))
            { IsBackground = true };
            threads[c].Start();
        }
        foreach (var thread in threads) thread.Join();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        StopSignals.Check();
        double[] all = [.. latencies.SelectMany(l => l)];
        Array.Sort(all);
        return all.Length == 0
            ? new ServeResult(0, 0, 0, 0, failed.Sum())
            : new ServeResult(all.Length, all.Length / elapsed, all[all.Length / 2], all[(int)(all.Length * 0.99)], failed.Sum());
    }

    private (List<double> Latencies, long Failed) Connection(int connection, long start, int seconds, int? rate)
    {
        var latencies = new List<double>();
        long failed = 0;
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(address.Host, address.Port);
            var buffer = new byte[1 << 16];
            double interval = rate is { } r
                ? connections * (double)Stopwatch.Frequency / r : 0, end = start + ((double)seconds * Stopwatch.Frequency);
            var due = start + (interval * connection / connections);
            for (var i = connection; ; i++, due += interval)
            {
                var now = Stopwatch.GetTimestamp();
                // A request that had to wait for the one before counts from when it was due; oversleeping is the client's own.
                var from = rate is null ? now : due;
                if (rate is not null && due > now)
                {
                    Thread.Sleep(TimeSpan.FromSeconds((due - now) / Stopwatch.Frequency));
                    from = now = Stopwatch.GetTimestamp();
                }
                if (Math.Max(now, due) >= end) break;
                socket.Send(requests[i % requests.Length]);
                if (Receive(socket, buffer)) latencies.Add((Stopwatch.GetTimestamp() - from) * 1e6 / Stopwatch.Frequency);
                else failed++;
            }
        }
        catch (SocketException)
        {
            failed++;
        }
        return (latencies, failed);
    }

    /// <summary>Reads an answer; false where it is not one of probabilities.</summary>
    public static bool Receive(Socket socket, byte[] buffer)
    {
        int length = 0, expected = int.MaxValue;
        while (length < expected)
        {
            var read = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
            if (read == 0) throw new SocketException((int)SocketError.ConnectionReset);
            length += read;
            ReadOnlySpan<byte> answer = buffer.AsSpan(0, length);
            var head = answer.IndexOf("\r\n\r\n"u8);
            if (head < 0 || expected != int.MaxValue) continue;
            var name = "Content-Length: "u8;
            var at = answer.IndexOf(name);
            if (at < 0 || !System.Buffers.Text.Utf8Parser.TryParse(answer[(at + name.Length)..], out int body, out _)) return false;
            expected = head + 4 + body;
            if (expected > buffer.Length) return false;
        }
        return buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8);
    }
}
