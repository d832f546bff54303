package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// A connection to SQLite that keeps its prepared statements: to read an INSERT of
// a thousand rows takes SQLite longer than to write them. Closing a statement here puts it aside; preparing
// the same text takes it up again.
//
// database/sql uses a connection from one goroutine at a time, so nothing here
// is locked.

// maxIdle bounds the statements a connection keeps.
const maxIdle = 100

// openKeeping opens a pool whose connections keep their statements.
func openKeeping(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn) // opens no connection: it only finds the driver
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(&keeper{plain.Driver(), dsn}), plain.Close()
}

type keeper struct {
	driver driver.Driver
	dsn    string
}

var _ driver.Connector = (*keeper)(nil)

// Connect opens one connection.
func (k *keeper) Connect(context.Context) (driver.Conn, error) {
	c, err := k.driver.Open(k.dsn)
	if err != nil {
		return nil, err
	}
	full, ok := c.(fullConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks what this program needs"), c.Close())
	}
	return &keepingConn{fullConn: full, idle: map[string]fullStmt{}}, nil
}

// Driver is the one underneath.
func (k *keeper) Driver() driver.Driver { return k.driver }

// fullConn and fullStmt are what the driver's connections and statements can do.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type keepingConn struct {
	fullConn
	idle map[string]fullStmt
}

// PrepareContext takes up a statement of the same text, or makes one.
func (c *keepingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return &keptStmt{s, c, query}, nil
	}
	s, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := s.(fullStmt)
	if !ok {
		return s, nil
	}
	return &keptStmt{full, c, query}, nil
}

// Prepare is for callers without a context.
func (c *keepingConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// ExecContext and QueryContext send what has arguments through PrepareContext:
// database/sql does that when a driver skips. Scripts, which have none, may hold
// several statements, and go the driver's way.

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) > 0 {
		return nil, driver.ErrSkip
	}
	return c.fullConn.ExecContext(ctx, query, args)
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) > 0 {
		return nil, driver.ErrSkip
	}
	return c.fullConn.QueryContext(ctx, query, args)
}

// Close ends the statements, then the connection.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.idle {
		errs = append(errs, s.Close())
	}
	c.idle = map[string]fullStmt{}
	return errors.Join(append(errs, c.fullConn.Close())...)
}

type keptStmt struct {
	fullStmt
	conn  *keepingConn
	query string
}

// Close puts the statement aside. One of the same text is enough, and when there
// are too many, any other makes room.
func (s *keptStmt) Close() error {
	if _, ok := s.conn.idle[s.query]; ok {
		return s.fullStmt.Close()
	}
	var err error
	if len(s.conn.idle) >= maxIdle {
		for query, other := range s.conn.idle {
			err = other.Close()
			delete(s.conn.idle, query)
			break
		}
	}
	s.conn.idle[s.query] = s.fullStmt
	return err
}
