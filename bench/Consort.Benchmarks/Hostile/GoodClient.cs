using System.Diagnostics;
using System.Net.Sockets;

namespace Consort.Benchmarks.Hostile;

/// <summary>
/// A client as it should be: at a rate, over a few connections, every tenth request on a new one. A request that is refused, cut off or not
/// answered within five seconds has failed; it goes on with a new connection.
/// </summary>
internal sealed class GoodClient(Uri address, byte[][] requests)
{
    public const int Connections = 4;
    private const int NewEvery = 10;
    private const int Patience = 5000; // milliseconds

    public ServeResult Run(int seconds, int rate)
    {
        var latencies = new List<double>[Connections];
        var failed = new long[Connections];
        var start = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, Connections)
            .Select(c => new Thread(() => (latencies[c], failed[c]) = Ask(c, start, seconds, rate)) { IsBackground = true })];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        StopSignals.Check();
        double[] all = [.. latencies.SelectMany(l => l)];
        Array.Sort(all);
        return all.Length == 0
            ? new ServeResult(0, 0, 0, 0, failed.Sum())
            : new ServeResult(all.Length, all.Length / Stopwatch.GetElapsedTime(start).TotalSeconds, all[all.Length / 2],
                all[(int)(all.Length * 0.99)], failed.Sum());
    }

    private (List<double> Latencies, long Failed) Ask(int connection, long start, int seconds, int rate)
    {
        var latencies = new List<double>();
        var buffer = new byte[1 << 16];
        long failed = 0;
        Socket? socket = null;
        double interval = Connections * (double)Stopwatch.Frequency / rate, end = start + ((double)seconds * Stopwatch.Frequency);
        var due = start + (interval * connection / Connections);
        for (var i = connection; due < end; i++, due += interval)
        {
            var now = Stopwatch.GetTimestamp();
            if (due > now) Thread.Sleep(TimeSpan.FromSeconds((due - now) / Stopwatch.Frequency));
            // What could not be asked in time is asked as soon as may be, and the wait counts.
            var from = Math.Max(due, now);
            if (now - due > interval) from = due;
            if (i / Connections % NewEvery == 0) Drop();
            try
            {
                if (socket is null)
                {
                    socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
                    {
                        NoDelay = true,
                        ReceiveTimeout = Patience,
                        SendTimeout = Patience
                    };
                    socket.Connect(address.Host, address.Port);
                }
                socket.Send(requests[i % requests.Length]);
                if (ServeClient.Receive(socket, buffer)) latencies.Add((Stopwatch.GetTimestamp() - from) * 1e6 / Stopwatch.Frequency);
                else Fail();
            }
            catch (SocketException)
            {
                Fail();
            }
            if (Stopwatch.GetTimestamp() > end) break;
        }
        Drop();
        return (latencies, failed);

        void Fail()
        {
            failed++;
            Drop();
        }

        void Drop()
        {
            socket?.Dispose();
            socket = null;
        }
    }
}
