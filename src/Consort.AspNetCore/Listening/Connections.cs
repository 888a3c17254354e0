using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Listening;

/// <summary>
/// So many connections at a time, and so many of one client. A further one is let in, and closes one: the oldest of those that have never
/// asked anything, or else that which has been without a request for longest. Connections that lie idle keep nobody out.
/// </summary>
internal sealed class Connections(int most, int mostOfClient)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _silent = []; // those that have asked nothing yet, by when they came
    private readonly LinkedList<Entry> _used = []; // by their last request
    private readonly Dictionary<IPAddress, int> _clients = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _silent.Count + _used.Count;
        }
    }

    /// <summary>The client at the other end: an address, of IPv6 the network that one customer has.</summary>
    public static IPAddress ClientOf(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>What each connection passes through.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        var entry = new Entry(connection, ClientOf((connection.RemoteEndPoint as IPEndPoint)?.Address));
        Add(entry);
        connection.Features.Set(entry);
        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
                Remove(entry);
        }
    };

    /// <summary>A request of a connection begins or ends.</summary>
    public void Touch(HttpContext context)
    {
        if (context.Features.Get<Entry>() is not { } entry)
            return;
        lock (_gate)
        {
            if (entry.Node is not { } node || node == _used.Last)
                return;
            node.List!.Remove(node);
            _used.AddLast(node);
        }
    }

    private void Add(Entry entry)
    {
        var closed = new List<Entry>(2);
        lock (_gate)
        {
            if (_clients.GetValueOrDefault(entry.Client) >= mostOfClient)
                Close(Of(_silent, entry.Client) ?? Of(_used, entry.Client)!);
            if (_silent.Count + _used.Count >= most)
                Close((_silent.First ?? _used.First)!.Value);
            entry.Node = _silent.AddLast(entry);
            _clients[entry.Client] = _clients.GetValueOrDefault(entry.Client) + 1;
        }

        foreach (var one in closed)
            one.Connection.Abort(new ConnectionAbortedException("there are more connections than may be; this one was idle for longest"));

        void Close(Entry other)
        {
            closed.Add(other);
            Remove(other);
        }
    }

    private static Entry? Of(LinkedList<Entry> list, IPAddress client)
    {
        for (var node = list.First; node is not null; node = node.Next)
            if (node.Value.Client.Equals(client))
                return node.Value;
        return null;
    }

    private void Remove(Entry entry)
    {
        if (entry.Node is not { } node)
            return;
        node.List!.Remove(node);
        entry.Node = null;
        if (_clients[entry.Client] > 1)
            _clients[entry.Client]--;
        else
            _clients.Remove(entry.Client);
    }

    private sealed class Entry(ConnectionContext connection, IPAddress client)
    {
        public ConnectionContext Connection => connection;

        public IPAddress Client => client;

        /// <summary>Its place; null where it was closed.</summary>
        public LinkedListNode<Entry>? Node { get; set; }
    }
}
